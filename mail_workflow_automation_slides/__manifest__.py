{
    "name": "Mail Workflow Automation: Courses",
    "summary": "Workflows that follow up who completed a course",
    "version": "19.0.1.0.0",
    "category": "Marketing/Email Marketing",
    "license": "LGPL-3",
    "author": "Mail Workflow Automation contributors",
    "depends": ["mail_workflow_automation", "website_slides"],
    "data": [
        "security/slide_channel_security.xml",
        "views/triggers/course_completed.xml",
    ],
    "auto_install": True,
}
