/**
 * On the first page: the Windows SMTP service that is here, or its MetaBase.xml from another machine.
 */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from "@fluentui/react-components";
import { useEffect, useRef, useState } from "react";

import type { ImportServer, ImportView, MetabaseFile } from "../../bridge/bridge";
import { ImportTable } from "../../forms/ImportTable";
import { useAsk, useDesktop } from "../../live/provider";
import { Notice } from "../../parts/Notice";
import { Card } from "../../parts/Page";
import { Working } from "../../parts/Working";
import { sayLeftMail, sayRefused } from "../../words";
import styles from "./setup.module.css";

/** What one question to the engine may carry, as base64. */
const LARGEST = 8 * 1024 * 1024;

export interface Imported {
  server: ImportServer;
  /** The service runs here, and the engine may stop it. */
  takeOver: boolean;
  /** It runs here, and the engine may not. */
  inTheWay: boolean;
}

export function TakeOverCard({ onUse }: { onUse(imported: Imported): void }) {
  const ask = useAsk();
  const picker = useRef<HTMLInputElement>(null);
  const [found, setFound] = useState<ImportView | null>(null);
  const [shown, setShown] = useState<ImportServer | null>(null);
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const { readWindowsSmtp } = useDesktop();

  useEffect(() => {
    void ask({ ask: "importLook", metabase: null }).then((answer) => {
      if (answer.kind === "import") setFound(answer.found);
    });
  }, [ask]);

  const pick = async (file: File) => {
    setTrouble("");
    if (file.size > LARGEST) return setTrouble("This file is too large for a MetaBase.xml of an SMTP service.");
    setBusy(true);
    try {
      const metabase: MetabaseFile = { name: file.name, base64: toBase64(new Uint8Array(await file.arrayBuffer())) };
      const answer = await ask({ ask: "importLook", metabase });
      if (answer.kind === "refused") return setTrouble(sayRefused(answer.refused));
      if (answer.kind !== "import") return;
      setFound(answer.found);
      setTrouble(answer.found.troubles.join(" "));
      if (answer.found.servers.length === 1) setShown(answer.found.servers[0] ?? null);
    } finally {
      setBusy(false);
    }
  };

  const readElevated = async () => {
    setTrouble("");
    setBusy(true);
    try {
      if (!(await readWindowsSmtp())) return setTrouble("Nothing was read: the question for an administrator was answered with no.");
      const answer = await ask({ ask: "importLook", metabase: null });
      if (answer.kind === "import") setFound(answer.found);
    } catch (error) {
      setTrouble(`Nothing was read. ${String(error).replace(/^Error: /, "")}`);
    } finally {
      setBusy(false);
    }
  };

  const servers = found?.servers ?? [];
  const service = found?.service;
  const runs = service?.service.kind === "installed" && service.service.running;
  const here = found?.source.kind === "adsi" || found?.source.kind === "wmi" || (found?.source.kind === "metabase" && runs);
  return (
    <>
      {servers.length > 0 && (
        <Card>
          <div className={styles.takeOver}>
            <h2>Take over from the Windows SMTP service</h2>
            <p>
              {here ? "It is on this machine. " : `Read from ${found?.source.kind === "metabase" ? found.source.name : "the file"}. `}
              Outtray can begin with its settings: nothing has to be typed again but the password, and you see first what becomes of each.
            </p>
            {servers.map((server) => (
              <div key={server.number} className={styles.takeOverServer}>
                <div>
                  <strong>{server.name}</strong>
                  <span>{inShort(server)}</span>
                </div>
                <Button appearance="primary" onClick={() => setShown(server)}>
                  Show its settings
                </Button>
              </div>
            ))}
          </div>
        </Card>
      )}
      {(trouble !== "" || (found !== null && found.troubles.length > 0 && servers.length === 0)) && (
        <Notice
          tone="warn"
          title="The Windows SMTP service’s settings could not be read"
          below
          actions={
            servers.length === 0 &&
            service?.service.kind !== "notInstalled" && (
              <Button disabled={busy} onClick={() => void readElevated()}>
                Read them with an administrator’s rights
              </Button>
            )
          }
        >
          {trouble || found?.troubles.join(" ")}
        </Notice>
      )}
      <p className="quiet">
        Moving from IIS on another server?{" "}
        <button type="button" className={styles.link} onClick={() => picker.current?.click()} disabled={busy}>
          Pick its MetaBase.xml
        </button>{" "}
        {busy && <Working size="extra-tiny" />}
        <input
          ref={picker}
          type="file"
          accept=".xml,.txt,text/xml,text/plain"
          hidden
          aria-label="MetaBase.xml"
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = "";
            if (file) void pick(file);
          }}
        />
      </p>
      {shown && (
        <Dialog open onOpenChange={(_, { open }) => !open && setShown(null)}>
          <DialogSurface style={{ maxWidth: 820 }}>
            <DialogBody>
              <DialogTitle>What becomes of its settings</DialogTitle>
              <DialogContent>
                <div className={styles.takeOver}>
                  <p className="quiet">Nothing is changed yet, and nothing is ever written to the old service’s own files.</p>
                  <ImportTable rows={shown.rows} />
                  {service?.left.map((left) => (
                    <Notice key={left.path} tone={left.folder === "badmail" && left.unreadable === null ? "quiet" : "warn"} title={left.path}>
                      {sayLeftMail(left)}
                    </Notice>
                  ))}
                </div>
              </DialogContent>
              <DialogActions>
                <Button onClick={() => setShown(null)}>Not now</Button>
                <Button
                  appearance="primary"
                  onClick={() => {
                    setShown(null);
                    onUse({ server: shown, takeOver: here && runs && service.mayControl, inTheWay: here && runs && !service.mayControl });
                  }}
                >
                  Begin with these
                </Button>
              </DialogActions>
            </DialogBody>
          </DialogSurface>
        </Dialog>
      )}
    </>
  );
}

function inShort({ settings }: ImportServer): string {
  const host = settings.smartHost;
  const ports = settings.listeners.map((listener) => listener.port);
  const networks = settings.rules.map((rule) => rule.network);
  return [host ? `to ${host.server}` : "no smart host", `port ${[...new Set(ports)].join(", ")}`, networks.length > 3 ? `${networks.length} networks` : networks.join(", ")].filter((part) => part !== "").join(" · ");
}

/** In pieces: a call takes only so many arguments. */
function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
