/** What people fill in: each has a label, and room for a hint or what is wrong with it. */
import { type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes, type TextareaHTMLAttributes, useId } from "react";

import { cx } from "./cx";
import { ChevronDownIcon } from "./icons";

interface Described {
  label: string;
  /** Only read aloud, where what stands around says it to the eye. */
  hideLabel?: boolean;
  hint?: ReactNode;
  /** What is wrong; empty or undefined if nothing is. */
  error?: string | undefined;
}

const BOX =
  "w-full rounded-md bg-surface text-ink ring-1 ring-inset ring-line-strong placeholder:text-ink-faint " +
  "focus:outline-2 focus:-outline-offset-1 focus:outline-accent aria-invalid:ring-anomalous aria-invalid:ring-2 disabled:opacity-50";

function Frame({ id, label, hideLabel, hint, error, children }: Described & { id: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className={hideLabel ? "sr-only" : "text-sm font-medium text-ink"}>
        {label}
      </label>
      {children}
      {error ? (
        <p id={`${id}-error`} className="text-sm text-anomalous">
          {error}
        </p>
      ) : (
        hint && (
          <p id={`${id}-hint`} className="text-sm text-ink-faint">
            {hint}
          </p>
        )
      )}
    </div>
  );
}

function described(id: string, { hint, error }: Pick<Described, "hint" | "error">) {
  return {
    "aria-invalid": error ? true : undefined,
    "aria-describedby": error ? `${id}-error` : hint ? `${id}-hint` : undefined,
  };
}

export interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "size">, Described {
  /** Something at the right end inside the box, such as a button. */
  trailing?: ReactNode;
  size?: "sm" | "md";
  ref?: Ref<HTMLInputElement>;
}

export function TextField({ label, hideLabel, hint, error, trailing, size = "md", className, id, ...rest }: TextFieldProps) {
  const made = useId();
  const own = id ?? made;
  return (
    <Frame id={own} label={label} hideLabel={hideLabel ?? false} hint={hint} error={error}>
      <div className="relative flex items-center">
        <input
          id={own}
          type="text"
          {...rest}
          {...described(own, { hint, error })}
          className={cx(BOX, size === "sm" ? "h-8 px-3 text-sm" : "h-10 px-3 text-base", trailing ? "pr-10" : false, className)}
        />
        {trailing && <div className="absolute right-1">{trailing}</div>}
      </div>
    </Frame>
  );
}

export interface TextAreaProps extends TextareaHTMLAttributes<HTMLTextAreaElement>, Described {}

export function TextArea({ label, hideLabel, hint, error, className, id, ...rest }: TextAreaProps) {
  const made = useId();
  const own = id ?? made;
  return (
    <Frame id={own} label={label} hideLabel={hideLabel ?? false} hint={hint} error={error}>
      <textarea id={own} {...rest} {...described(own, { hint, error })} className={cx(BOX, "px-3 py-2 text-base", className)} />
    </Frame>
  );
}

export interface SelectProps extends Omit<SelectHTMLAttributes<HTMLSelectElement>, "size" | "onChange">, Described {
  options: readonly { value: string; label: string; disabled?: boolean }[];
  value: string;
  onChange: (value: string) => void;
  size?: "sm" | "md";
}

export function Select({ label, hideLabel, hint, error, options, onChange, size = "md", className, id, ...rest }: SelectProps) {
  const made = useId();
  const own = id ?? made;
  return (
    <Frame id={own} label={label} hideLabel={hideLabel ?? false} hint={hint} error={error}>
      <div className="relative flex items-center">
        <select
          id={own}
          {...rest}
          {...described(own, { hint, error })}
          onChange={(event) => onChange(event.target.value)}
          className={cx(BOX, "appearance-none pr-9 pl-3", size === "sm" ? "h-8 text-sm" : "h-10 text-base", className)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value} disabled={option.disabled}>
              {option.label}
            </option>
          ))}
        </select>
        <ChevronDownIcon width={16} height={16} className="pointer-events-none absolute right-3 text-ink-faint" />
      </div>
    </Frame>
  );
}

export interface SliderProps extends Pick<Described, "label" | "hideLabel"> {
  value: number;
  min: number;
  max: number;
  step?: number | "any";
  onChange: (value: number) => void;
  /** When the thumb is let go, or a key was pressed. */
  onCommit?: (value: number) => void;
  /** The value as shown and read aloud. */
  format?: (value: number) => string;
  disabled?: boolean;
}

export function Slider({ label, hideLabel, value, min, max, step = "any", onChange, onCommit, format = String, disabled }: SliderProps) {
  const id = useId();
  const commit = onCommit && (() => onCommit(value));
  return (
    <div className="flex flex-col gap-1">
      <div className={hideLabel ? "sr-only" : "flex items-baseline justify-between gap-4 text-sm"}>
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        <output htmlFor={id} className="text-ink-soft tabular-nums">
          {format(value)}
        </output>
      </div>
      <input
        id={id}
        type="range"
        className="slider"
        {...{ value, min, max, step, disabled }}
        aria-valuetext={format(value)}
        onChange={(event) => onChange(event.target.valueAsNumber)}
        onPointerUp={commit}
        onKeyUp={commit}
      />
    </div>
  );
}

export interface CheckboxProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "type"> {
  label: ReactNode;
}

export function Checkbox({ label, className, ...rest }: CheckboxProps) {
  return (
    <label className={cx("inline-flex items-center gap-2 text-sm select-none", className)}>
      <input type="checkbox" {...rest} className="size-4 accent-accent" />
      {label}
    </label>
  );
}
