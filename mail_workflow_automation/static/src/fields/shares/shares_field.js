import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatFloat } from "@web/core/utils/numbers";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { useJsonRows } from "../json_rows";
import { WayList } from "../way_list/way_list";
import { useWayNames } from "../way_list/way_names";

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const HUNDRED = 100;

/** The ways of a split: each with its share, a number that counts in proportion to the others. */
export class SharesField extends Component {
    static template = "mail_workflow_automation.SharesField";
    static components = { WayList };
    static props = { ...standardFieldProps };

    setup() {
        this.wayNames = useWayNames();
        this.rows = useJsonRows({ read: (ways) => ways || [], write: (ways) => ways });
    }

    get sum() {
        return this.rows.all.reduce((sum, row) => sum + row.value.weight, 0);
    }

    get isHundred() {
        return Math.abs(this.sum - HUNDRED) < 0.001;
    }

    get names() {
        return this.rows.all.map((row) => row.value.name);
    }

    percent(way) {
        const share = this.sum ? (way.weight / this.sum) * HUNDRED : 0;
        return formatFloat(share, { digits: [16, 1], trailingZeros: false });
    }

    onAdd() {
        const letter = [...LETTERS].find((one) => !this.names.includes(one));
        const name = letter || this.wayNames.unique(_t("Way"), this.names);
        this.rows.add({ name, weight: Math.max(1, HUNDRED - this.sum) });
    }

    onEqual() {
        const weight = Math.floor((HUNDRED / this.rows.all.length) * 10) / 10;
        const left = HUNDRED - weight * (this.rows.all.length - 1);
        this.rows.replace(
            this.rows.all.map(({ value }, index) => ({
                ...value,
                weight: index ? weight : Math.round(left * 10) / 10,
            }))
        );
    }

    onWeight(row, ev) {
        const weight = Number(ev.target.value);
        if (weight > 0) {
            this.rows.update(row.id, { ...row.value, weight });
        } else {
            ev.target.value = row.value.weight;
        }
    }
}

export const sharesField = {
    component: SharesField,
    displayName: _t("Shares"),
    supportedTypes: ["json"],
    isEmpty: () => false,
    fieldDependencies: [{ name: "way_details", type: "json", readonly: true }],
};

registry.category("fields").add("mail_workflow_shares", sharesField);
