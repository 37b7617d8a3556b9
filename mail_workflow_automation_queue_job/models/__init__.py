from . import mail_workflow_lane
