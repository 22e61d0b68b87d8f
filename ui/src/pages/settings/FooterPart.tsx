/**
 * What the office puts under what is written: a text, and its form for HTML.
 */
import { Button, Field, Switch, Textarea } from "@fluentui/react-components";

import type { FooterSettings } from "../../bridge/bridge";
import { fieldState } from "../../forms/check";
import formStyles from "../../forms/forms.module.css";
import { Card, Section } from "../../parts/Page";
import { asHtml } from "./asHtml";
import type { PartProps } from "./SetupParts";

export function FooterPart({ draft, change, problems, onLeave }: PartProps) {
  const { footer } = draft;
  const put = (next: FooterSettings | null) => change({ ...draft, footer: next });
  return (
    <Section title="Footer" sub="Put under the text of each message on its way out. What is signed or encrypted, attachments and reports get none.">
      <Card>
        <div className={formStyles.stack}>
          <Switch checked={footer !== null} label="Put a footer under outgoing mail" onChange={(_, { checked }) => put(checked ? { text: "", html: "" } : null)} />
          {footer && (
            <>
              <Field label="Under plain text" hint="Empty: none there." {...fieldState(problems, "footer.text")}>
                <Textarea value={footer.text} rows={4} resize="vertical" placeholder={"Northwind Ltd, 1 Harbour Street"} onChange={(_, { value }) => put({ ...footer, text: value })} onBlur={onLeave} />
              </Field>
              <Field label="Under HTML" hint="As it is to stand in the page. Empty: none there." {...fieldState(problems, "footer.html")}>
                <Textarea value={footer.html} rows={4} resize="vertical" spellCheck={false} textarea={{ style: { fontFamily: "var(--fontFamilyMonospace)" } }} onChange={(_, { value }) => put({ ...footer, html: value })} onBlur={onLeave} />
              </Field>
              <div className={formStyles.buttons}>
                <Button disabled={footer.text.trim() === ""} onClick={() => put({ ...footer, html: asHtml(footer.text) })}>
                  Make the HTML from the text
                </Button>
              </div>
            </>
          )}
        </div>
      </Card>
    </Section>
  );
}
