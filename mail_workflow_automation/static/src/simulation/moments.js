import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
const { DateTime } = luxon;

/**
 * @param {string | false} text a moment of the server, in UTC
 * @returns {string} as people read it
 */
export function asMoment(text) {
    return text ? deserializeDateTime(text).toLocaleString(DateTime.DATETIME_MED_WITH_WEEKDAY) : "";
}

/** @returns {[string, Object, string][]} what "after" an answer can have: key, value, label */
export function delays() {
    return [
        ["now", { minutes: 1 }, _t("at once")],
        ["hour", { hours: 1 }, _t("after 1 hour")],
        ["day", { days: 1 }, _t("after 1 day")],
        ["two", { days: 2 }, _t("after 2 days")],
        ["week", { weeks: 1 }, _t("after 1 week")],
    ];
}
