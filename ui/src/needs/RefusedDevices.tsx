/**
 * Devices that were refused lately: the newest, and the others on a click, since an attack may bring many.
 */
import { Button } from "@fluentui/react-components";
import { useState } from "react";

import { useSnapshot } from "../live/provider";
import { stillRefused } from "../live/state";
import { many } from "../words";
import { RefusedDevice } from "./RefusedDevice";

const SHOWN = 4;

export function RefusedDevices({ onDone }: { onDone?(): void }) {
  const refused = stillRefused(useSnapshot());
  const [all, setAll] = useState(false);
  const shown = all ? refused : refused.slice(0, SHOWN);
  return (
    <>
      {shown.map((client) => (
        <RefusedDevice key={client.address} client={client} ignorable {...(onDone && { onDone })} />
      ))}
      {refused.length > SHOWN && (
        <div>
          <Button onClick={() => setAll(!all)}>{all ? "Show fewer" : `Show ${many(refused.length - SHOWN, "more device", "more devices")} that were refused`}</Button>
        </div>
      )}
    </>
  );
}
