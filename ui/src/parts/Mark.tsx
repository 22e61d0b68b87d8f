/**
 * Outtray's mark: a tray, and a sheet that leaves it.
 */
export function Mark({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" fill="#0f6cbd" />
      <path d="M16 5.5l5.5 5.5h-3.6v6h-3.8v-6h-3.6z" fill="#fff" />
      <path d="M6.5 17.5h4.2a1 1 0 0 1 .9.6l.9 1.9h7l.9-1.9a1 1 0 0 1 .9-.6h4.2v6.6a1.9 1.9 0 0 1-1.9 1.9H8.4a1.9 1.9 0 0 1-1.9-1.9z" fill="#fff" fillOpacity=".88" />
    </svg>
  );
}
