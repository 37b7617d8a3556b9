import { Component } from "@odoo/owl";
import { Domain } from "@web/core/domain";
import { DomainSelector } from "@web/core/domain_selector/domain_selector";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { EventEditor } from "../event_editor/event_editor";
import { isEventComplete, useEventKinds } from "../event_kinds";
import { useJsonRows } from "../json_rows";
import { WayList } from "../way_list/way_list";
import { useWayNames } from "../way_list/way_names";

const YES = "yes";
const NO = "no";
const ELSE = "else";
const NEW = [{ name: YES, domain: [] }, { name: NO }];

/** The way of all whom no other takes asks nothing. */
const isRest = (way) => !("domain" in way) && !("event" in way);

/**
 * The ways of a condition, in order: the record matches, or its person did something; then who is
 * left. One question with yes and no is the short form; another way makes “no” the rest of several.
 */
export class BranchesField extends Component {
    static template = "mail_workflow_automation.BranchesField";
    static components = { DomainSelector, EventEditor, WayList };
    static props = { ...standardFieldProps, wordsField: { type: String, optional: true } };

    setup() {
        this.kinds = useEventKinds();
        this.wayNames = useWayNames();
        this.rows = useJsonRows({
            read: (ways) => (ways?.length ? ways : NEW),
            write: (ways) => ways,
            adjust: (rows) => this.renameRest(rows),
            isComplete: (way) => !way.event || isEventComplete(way.event, this.kinds.all),
        });
    }

    get ways() {
        return this.rows.all.filter((row) => !isRest(row.value));
    }

    get rest() {
        return this.rows.all.find((row) => isRest(row.value));
    }

    get words() {
        return this.props.record.data[this.props.wordsField] || "";
    }

    get names() {
        return this.rows.all.map((row) => row.value.name);
    }

    get resModel() {
        return this.props.record.data.model_name;
    }

    /** Call the rest “no” beside a single yes, and otherwise “else”: the file knows no other. */
    renameRest(rows) {
        const rest = rows.find((row) => isRest(row.value));
        if (rest) {
            const asked = rows.filter((row) => row !== rest && row.kept).map((row) => row.kept);
            const isYes = asked.length === 1 && asked[0].name === YES && "domain" in asked[0];
            const before = rest.value.was || rest.value.name;
            const name = isYes && before === NO ? NO : ELSE;
            rest.value = rest.kept = this.wayNames.renamed(rest.value, "name", name);
        }
    }

    domainText(way) {
        return new Domain(way.domain).toString();
    }

    onAdd() {
        const name = this.wayNames.unique(_t("Way %s", this.ways.length + 1), this.names);
        this.rows.add({ name, domain: [] }, this.ways.length);
    }

    onAddRest() {
        this.rows.add({ name: ELSE });
    }

    onAsk(row, what) {
        if (!(what in row.value)) {
            const { name, was } = row.value;
            const way = { name, [what]: what === "event" ? {} : [] };
            this.rows.update(row.id, was ? { ...way, was } : way);
        }
    }

    onDomain(row, text) {
        this.rows.update(row.id, { ...row.value, domain: new Domain(text).toList({}) });
    }

    onEvent(row, event) {
        this.rows.update(row.id, { ...row.value, event });
    }
}

export const branchesField = {
    component: BranchesField,
    displayName: _t("Ways of a Condition"),
    supportedTypes: ["json"],
    supportedOptions: [{ label: _t("Field with the ways in words"), name: "words", type: "field" }],
    isEmpty: () => false,
    fieldDependencies: ({ options }) => [
        { name: "way_details", type: "json", readonly: true },
        { name: "model_name", type: "char", readonly: true },
        ...(options.words ? [{ name: options.words, type: "text", readonly: true }] : []),
    ],
    extractProps: ({ options }) => ({ wordsField: options.words }),
};

registry.category("fields").add("mail_workflow_branches", branchesField);
