{
    "name": "Mail Workflow Automation: Events",
    "summary": "Workflows around an event: registered, attended, before and after it",
    "version": "19.0.1.0.0",
    "category": "Marketing/Email Marketing",
    "license": "LGPL-3",
    "author": "Mail Workflow Automation contributors",
    "depends": [
        "mail_workflow_automation",
        "event",
        "mass_mailing_event",
    ],
    "data": [
        "security/ir.model.access.csv",
        "data/block_templates.xml",
        "data/recipes/event.xml",
        "views/triggers/event_registered.xml",
    ],
    "auto_install": True,
}
