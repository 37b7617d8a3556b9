from . import mail_workflow_execution
from . import mail_workflow_gate
from . import mail_workflow_texter
from . import mailing_trace
from . import sms_sms
from . import steps
from . import triggers
