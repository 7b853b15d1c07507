// What a page may choose of the looks. The names are those of CLOSER's widget.

export interface Theme {
  title?: string;
  description?: string;
  /** The address of a picture. */
  icon?: string;
  position?: "left" | "right" | "top-left" | "top-right";
  positionStrategy?: "fixed" | "absolute";
  textColor?: string;
  primaryColor?: string;
  primaryContrastTextColor?: string;
  /** Pixels, or [across, down]. */
  pageMargin?: number | [number, number];
  zIndex?: number;
  defaultWindowSize?: { width?: number; height?: number };
  /** Shown beside the button until the chat is opened. */
  greetingMessage?: string;
  enableResize?: boolean;
  buttonSize?: number;
  /** Percent of the button. */
  buttonIconSize?: number;
  showCloseButton?: boolean;
  /** Ours: follows the system by itself. */
  appearance?: "auto" | "light" | "dark";
}

export const PRIMARY = "#4338ca";

/** Black or white, whichever is read better on a colour; white where the colour is not understood. */
export function contrast(color: string): string {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(color.trim())?.[1];
  if (!hex) return "#ffffff";
  const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join("") : hex;
  const channel = (at: number) => {
    const value = parseInt(full.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4);
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? "#000000" : "#ffffff";
}

export function applyTheme(host: HTMLElement, theme: Theme): void {
  const set = (name: string, value: string | undefined) =>
    value === undefined ? host.style.removeProperty(name) : host.style.setProperty(name, value);
  const primary = theme.primaryColor ?? PRIMARY;
  const [across, down] = Array.isArray(theme.pageMargin) ? theme.pageMargin : [theme.pageMargin ?? 20, theme.pageMargin ?? 20];
  set("--primary", primary);
  set("--on-primary", theme.primaryContrastTextColor ?? contrast(primary));
  set("--text", theme.textColor);
  set("--across", `${across}px`);
  set("--down", `${down}px`);
  set("--width", theme.defaultWindowSize?.width ? `${theme.defaultWindowSize.width}px` : undefined);
  set("--height", theme.defaultWindowSize?.height ? `${theme.defaultWindowSize.height}px` : undefined);
  // At least what a finger meets; CLOSER's is at most 60.
  set("--button", `${Math.min(60, Math.max(44, theme.buttonSize ?? 56))}px`);
  set("--icon", `${theme.buttonIconSize ?? 45}%`);
  host.style.position = theme.positionStrategy ?? "fixed";
  host.style.zIndex = String(theme.zIndex ?? 2147483000);
  host.dataset["position"] = theme.position ?? "right";
  host.toggleAttribute("data-resize", theme.enableResize === true);
  const dark = theme.appearance === "dark" || (theme.appearance !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  host.dataset["appearance"] = dark ? "dark" : "light";
}
