{
    "name": "Mail Workflow Automation: Stock",
    "summary": "Workflows after a delivery; mails that know what is in stock",
    "version": "19.0.1.0.0",
    "category": "Marketing/Email Marketing",
    "license": "LGPL-3",
    "author": "Mail Workflow Automation contributors",
    "depends": ["mail_workflow_automation", "website_sale_stock"],
    "data": [
        "views/triggers/delivery_done.xml",
    ],
    "auto_install": True,
}
