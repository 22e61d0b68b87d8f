/**
 * Instead of a white window when drawing it fails: what that means for the mail, and the way out.
 */
import { Button } from "@fluentui/react-components";
import { ErrorCircle24Regular } from "@fluentui/react-icons";
import { Component, type ReactNode } from "react";

import { Empty } from "../parts/Page";
import { Said } from "../parts/Said";

interface Fault {
  said: string | null;
}

/** A class, since React tells only these of a fault below them. */
export class WindowFault extends Component<{ children: ReactNode }, Fault> {
  override state: Fault = { said: null };

  static getDerivedStateFromError(error: unknown): Fault {
    return { said: String(error) };
  }

  override render() {
    const { said } = this.state;
    if (said === null) return this.props.children;
    return (
      <main id="page" style={{ height: "100%", overflow: "auto" }}>
        <Empty
          icon={<ErrorCircle24Regular />}
          title="This window has run into a fault of its own"
          actions={
            <Button appearance="primary" onClick={() => location.reload()}>
              Draw the window anew
            </Button>
          }
        >
          <p>Mail is not concerned: it is taken and handed over without the window.</p>
          <Said words={said} label="For a report of the fault" />
        </Empty>
      </main>
    );
  }
}
