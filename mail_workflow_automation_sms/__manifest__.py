{
    "name": "Mail Workflow Automation: SMS",
    "summary": "Text messages as steps of a workflow, by Odoo's SMS marketing",
    "version": "19.0.1.0.0",
    "category": "Marketing/Email Marketing",
    "license": "LGPL-3",
    "author": "Mail Workflow Automation contributors",
    "depends": ["mail_workflow_automation", "mass_mailing_sms"],
    "data": [
        "views/steps/sms.xml",
        "views/triggers/sms_replied.xml",
    ],
    "auto_install": True,
}
