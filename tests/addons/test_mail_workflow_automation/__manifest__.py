{
    "name": "Tests of Mail Workflow Automation",
    "summary": "Tours, what the tests need of a browser, and the applications they play in",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "license": "LGPL-3",
    "author": "Mail Workflow Automation contributors",
    "depends": ["mail_workflow_automation", "hr_holidays", "purchase", "sale_margin"],
    "assets": {
        # Debian leaves this file out; the error it then logs fails every test in a browser
        "web.assets_backend": [
            ("remove", "mail/static/lib/selfie_segmentation/selfie_segmentation.js"),
        ],
        "web.assets_unit_tests": [
            "test_mail_workflow_automation/static/tests/*_helpers.js",
            "test_mail_workflow_automation/static/tests/**/*.test.js",
        ],
        "web.assets_tests": ["test_mail_workflow_automation/static/tests/tours/**/*"],
    },
}
