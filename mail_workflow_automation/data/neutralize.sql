-- a copy of the database calls nobody
UPDATE mail_workflow SET state = 'paused' WHERE state = 'running';
INSERT INTO ir_config_parameter (key, value, create_uid, write_uid, create_date, write_date)
VALUES ('mail_workflow_automation.hold_sending', 'True', 1, 1, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
UPDATE mail_workflow_webhook_call SET state = 'cancelled' WHERE state = 'queued';
DELETE FROM ir_config_parameter WHERE key = 'mail_workflow_automation.webhook_hosts';
