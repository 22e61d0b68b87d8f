/**
 * Rows of a list dragged to another place. Whoever offers it offers the same by buttons and keys.
 */
import { useState, type DragEvent } from "react";

import styles from "./drag.module.css";

interface Dragging {
  /** A class: this row is held, or the held one would go above or below it. */
  mark: string;
  on: {
    draggable: boolean;
    onDragStart(event: DragEvent): void;
    onDragOver(event: DragEvent): void;
    onDrop(event: DragEvent): void;
    onDragEnd(): void;
  };
}

/** Gives what each row needs; one in which something can be typed is not to be dragged. */
export function useDrag(onMove: (from: number, to: number) => void): (at: number, isFree: boolean) => Dragging {
  const [held, setHeld] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const end = () => {
    setHeld(null);
    setOver(null);
  };
  const mark = (at: number) => {
    if (held === at) return styles.held;
    if (held === null || over !== at) return "";
    return held < at ? styles.below : styles.above;
  };
  return (at, isFree) => ({
    mark: mark(at) ?? "",
    on: {
      draggable: isFree,
      onDragStart(event) {
        event.dataTransfer.effectAllowed = "move";
        // Firefox and WebKitGTK begin no drag without data.
        event.dataTransfer.setData("text/plain", String(at));
        setHeld(at);
      },
      onDragOver(event) {
        if (held === null) return;
        event.preventDefault();
        setOver(at);
      },
      onDrop(event) {
        event.preventDefault();
        if (held !== null) onMove(held, at);
        end();
      },
      onDragEnd: end,
    },
  });
}
