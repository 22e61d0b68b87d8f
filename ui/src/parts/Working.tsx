/**
 * Something is being done. A sign only: the words beside it say what.
 */
import { Spinner, type SpinnerProps } from "@fluentui/react-components";

export function Working({ size = "tiny" }: Pick<SpinnerProps, "size">) {
  return (
    <span aria-hidden="true" style={{ display: "inline-flex" }}>
      <Spinner size={size} />
    </span>
  );
}
