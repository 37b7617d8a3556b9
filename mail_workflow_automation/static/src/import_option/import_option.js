import { BaseImportModel } from "@base_import/import_model";
import { patch } from "@web/core/utils/patch";

/** Who imports a file says whether workflows start because of it: they do not by themselves. */
patch(BaseImportModel.prototype, {
    async init() {
        this.importOptionsValues.workflow_start = { value: false };
        return super.init(...arguments);
    },
});
