/**
 * The parts of a page of settings as tabs, with a dot where something is wrong.
 */
import { Tab, TabList } from "@fluentui/react-components";
import type { ReactNode } from "react";

import type { SettingsProblem } from "../bridge/bridge";
import styles from "./PartTabs.module.css";
import { placeOf, type Place } from "./places";

interface PartTabsProps<P extends Place> {
  page: P["page"];
  parts: readonly [part: P["part"], title: string][];
  part: P["part"];
  problems: SettingsProblem[];
  onPart(part: P["part"]): void;
  children: ReactNode;
}

export function PartTabs<P extends Place>({ page, parts, part, problems, onPart, children }: PartTabsProps<P>) {
  const isWrong = (key: P["part"]) => problems.map((problem) => placeOf(problem.field)).some((place) => place?.page === page && place.part === key);
  return (
    <>
      <TabList className={styles.tabs ?? ""} selectedValue={part} onTabSelect={(_, { value }) => onPart(value as P["part"])}>
        {parts.map(([key, title]) => (
          <Tab key={key} value={key}>
            {title}
            {isWrong(key) && <span className={styles.dot} role="img" aria-label="has a mistake" />}
          </Tab>
        ))}
      </TabList>
      <div className={styles.form} role="tabpanel" aria-label={parts.find(([key]) => key === part)?.[1]}>
        {children}
      </div>
    </>
  );
}
