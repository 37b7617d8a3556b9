from . import mail_workflow_person
from . import survey_user_input
from . import triggers
