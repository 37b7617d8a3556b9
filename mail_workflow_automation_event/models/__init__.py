from . import blocks
from . import event_dates
from . import event_registration
from . import mail_workflow_gate
from . import mail_workflow_person
from . import mail_workflow_recipe
from . import triggers
