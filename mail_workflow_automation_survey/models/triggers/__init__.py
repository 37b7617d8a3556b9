from . import survey_answered
