"""Surveys, answered over HTTP: who answered, what their score was."""

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..event_common import EventCase
from ..website_common import WebsiteCase


class SurveyCase(EventCase):
    def survey(self, title="How was it?", **values):
        """Return a survey of one page: an address, and a question with one right answer."""
        answers = [
            {"value": "A lamp", "is_correct": True, "answer_score": 10},
            {"value": "A chair", "answer_score": 0},
        ]
        questions = [
            {
                "title": "Your address",
                "question_type": "char_box",
                "save_as_email": True,
                "validation_email": True,
            },
            {
                "title": "What gives light?",
                "question_type": "simple_choice",
                "suggested_answer_ids": [Command.create(one) for one in answers],
            },
        ]
        return self.env["survey.survey"].create(
            {
                "title": title,
                "access_mode": "public",
                "questions_layout": "one_page",
                "scoring_type": "scoring_without_answers",
                "scoring_success_min": 50.0,
                "question_and_page_ids": [Command.create(one) for one in questions],
                **values,
            }
        )


@tagged("post_install", "-at_install", "mail_workflow")
class TestSurveysOverHttp(SurveyCase, WebsiteCase):
    def answer(self, survey, email, right=True):
        """Answer a survey as its page does: open it, begin, send the one page."""
        self.new_browser()
        self.visit(f"/survey/start/{survey.access_token}")
        answers = self.env["survey.user_input"].search([("survey_id", "=", survey.id)])
        answers = answers.sorted("id")[-1]
        path = f"{survey.access_token}/{answers.access_token}"
        self.make_jsonrpc_request(f"/survey/begin/{path}", {})
        address, question = survey.question_ids
        chosen = question.suggested_answer_ids[0 if right else 1]
        given = {str(address.id): email, str(question.id): str(chosen.id)}
        result = self.make_jsonrpc_request(f"/survey/submit/{path}", given)
        self.assertNotIn("error", str(result[1])[:200])
        self.env.invalidate_all()
        self.assertEqual(answers.state, "done")

    def test_who_answers_and_how_well(self):
        survey, other = self.survey(), self.survey("Another")
        anybody = self.listening("survey_answered", survey="How was it?")
        passed = self.listening("survey_answered", survey="How was it?", result="passed")
        failed = self.listening("survey_answered", result="failed")
        well = self.listening("survey_answered", min_score=80)
        ada = self.person("Ada")
        self.answer(survey, "ada@customer.example.com")
        self.answer(survey, "bob@guest.example.com", right=False)
        self.answer(other, "eve@guest.example.com")
        self.assertEqual(self.came_in(anybody, passed, failed, well), [2, 1, 1, 2])
        self.assertEqual(self.runs(passed).res_id, ada.id, "known by the address they gave")
        self.assertEqual(self.runs(failed).email_normalized, "bob@guest.example.com")
        self.assertEqual(len(self.mails(failed, "bob@guest.example.com")), 1)


@tagged("post_install", "-at_install", "mail_workflow")
class TestSurveys(SurveyCase):
    def test_a_survey_without_scores_has_no_result(self):
        survey = self.survey(scoring_type="no_scoring")
        failed = self.listening("survey_answered", result="failed")
        self.listening("survey_answered")
        survey._create_answer(partner=self.person())._mark_done()
        self.assertEqual(self.noted("survey_answered").data, {"survey": survey.id})
        self.assertEqual(self.came_in(failed), [0])

    def test_what_its_author_tries_is_no_answer(self):
        anybody = self.listening("survey_answered")
        answers = self.survey()._create_answer(partner=self.person(), test_entry=True)
        answers._mark_done()
        self.assertEqual(self.came_in(anybody), [0])

    def test_answered_is_answered_once(self):
        self.listening("survey_answered")
        answers = self.survey()._create_answer(partner=self.person())
        answers._mark_done()
        answers._mark_done()
        self.assertEqual(len(self.noted("survey_answered")), 1)

    def test_a_marketer_chooses_only_a_survey_that_is_not_for_others(self):
        author = new_test_user(
            self.env, "author", groups="base.group_user,survey.group_survey_user"
        )
        self.survey("Secret", restrict_user_ids=[Command.set(author.ids)])
        self.survey("Open")
        found = self.env["survey.survey"].with_user(self.marketer).search([]).mapped("title")
        self.assertIn("Open", found)
        self.assertNotIn("Secret", found)
