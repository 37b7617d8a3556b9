{
    "name": "Mail Workflow Automation: Job Queue",
    "summary": "Workflows as jobs of OCA's queue_job, where a shop outgrows its cron workers",
    "version": "19.0.1.0.0",
    "category": "Marketing/Email Marketing",
    "license": "LGPL-3",
    "author": "Mail Workflow Automation contributors",
    "depends": ["mail_workflow_automation", "queue_job"],
    "data": ["data/queue_job_data.xml"],
}
