{
    "name": "Mail Workflow Automation: Surveys",
    "summary": "Workflows that follow up who answered a survey",
    "version": "19.0.1.0.0",
    "category": "Marketing/Email Marketing",
    "license": "LGPL-3",
    "author": "Mail Workflow Automation contributors",
    "depends": ["mail_workflow_automation", "survey"],
    "data": [
        "security/ir.model.access.csv",
        "security/survey_security.xml",
        "views/triggers/survey_answered.xml",
    ],
    "auto_install": True,
}
