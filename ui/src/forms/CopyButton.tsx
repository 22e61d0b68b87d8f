/**
 * Puts a text on the clipboard, and says whether that went well.
 */
import { Button, type ButtonProps } from "@fluentui/react-components";
import { Copy20Regular } from "@fluentui/react-icons";

import { copyText } from "../parts/copy";
import { useWindow } from "../window";

export function CopyButton({ text, label, ...looks }: { text: string; label: string } & Pick<ButtonProps, "size" | "appearance">) {
  const { tell } = useWindow();
  const copy = async () => {
    if (await copyText(text)) tell("good", "Copied.");
    else tell("warn", "It could not be copied. Select it and copy it yourself.");
  };
  return (
    <Button {...looks} icon={<Copy20Regular />} onClick={() => void copy()}>
      {label}
    </Button>
  );
}
