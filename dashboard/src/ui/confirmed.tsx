import { Dialog, DialogTrigger, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Button } from "./button";

type Props = { trigger: string; title: string; text: string; yes: string; no: string; onYes: () => void; destroys?: boolean };

/** A button whose deed is asked about first. */
export function Confirmed({ trigger, title, text, yes, no, onYes, destroys = true }: Props) {
  return (
    <DialogTrigger>
      <Button kind={destroys ? "danger" : "plain"}>{trigger}</Button>
      <ModalOverlay isDismissable className="fixed inset-0 z-30 grid place-items-center bg-black/50 p-4">
        <Modal className="w-full max-w-md rounded-xl border border-line bg-surface p-5 shadow-xl">
          <Dialog role="alertdialog" className="flex flex-col gap-3 outline-none">
            {({ close }) => (
              <>
                <Heading slot="title" className="text-base font-semibold">
                  {title}
                </Heading>
                <p className="text-sm text-muted">{text}</p>
                <div className="mt-2 flex justify-end gap-2">
                  <Button autoFocus onPress={close}>
                    {no}
                  </Button>
                  <Button
                    kind={destroys ? "danger" : "primary"}
                    onPress={() => {
                      onYes();
                      close();
                    }}
                  >
                    {yes}
                  </Button>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
