from . import base_import
from . import base_partner_merge
from . import mail_workflow_new
from . import mail_workflow_start
from . import mail_workflow_test
from . import mail_workflow_source_secret
from . import mail_workflow_score_adjust
