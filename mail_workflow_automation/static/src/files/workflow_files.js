import { _t } from "@web/core/l10n/translation";
import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { RPCError } from "@web/core/network/rpc";
import { useDropzone } from "@web/core/dropzone/dropzone_hook";
import { useService } from "@web/core/utils/hooks";

// what the server takes at most: larger files do not even set out
const MAX_BYTES = 5 * 1024 * 1024;

/**
 * Let files of workflows be dropped on an element: each becomes a draft, which is opened. A file
 * that is refused is explained, with the place of the entry; nothing of it is written.
 *
 * @param {{el: HTMLElement}} targetRef
 * @returns {{importFiles: (files: FileList) => Promise}}
 */
export function useWorkflowFiles(targetRef) {
    const orm = useService("orm");
    const action = useService("action");
    const dialog = useService("dialog");

    function refuse(title, reason) {
        dialog.add(AlertDialog, { title, body: _t("%s\n\nNothing was imported.", reason) });
    }

    async function importFiles(files) {
        if (!files?.length) {
            return;
        }
        const [file] = files;
        const title = _t("“%s” cannot be imported", file.name);
        if (files.length > 1) {
            refuse(_t("One file at a time"), _t("A workflow is one file; drop one by one."));
        } else if (file.size > MAX_BYTES) {
            refuse(title, _t("It is larger than 5 MB and is no workflow."));
        } else {
            try {
                const text = await file.text();
                await action.doAction(await orm.call("mail.workflow", "import_file", [text]));
            } catch (error) {
                if (!(error instanceof RPCError) || !error.data?.message) {
                    throw error;
                }
                refuse(title, error.data.message);
            }
        }
    }

    useDropzone(
        targetRef,
        (ev) => importFiles(ev.dataTransfer.files),
        "o_mail_workflow_dropzone"
    );
    return { importFiles };
}
