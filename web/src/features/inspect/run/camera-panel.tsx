/** The camera: live picture, a frame every so often or by Space, what the last ones came to. */
import { useCallback, useEffect, useRef, useState } from "react";

import { Button, IconButton } from "@/ui/button";
import { cx } from "@/ui/cx";
import { Select } from "@/ui/field";
import { CameraIcon, PauseIcon, PlayIcon, WarningIcon } from "@/ui/icons";
import { Kbd } from "@/ui/kbd";
import { EmptyState } from "@/ui/states";
import { useShortcuts } from "@/ui/use-shortcuts";

import { VerdictBadge } from "../result/verdict-badge";
import { formatRatio, isAlarm, ratioOf, verdictWord } from "../result/words";

import { type CameraState, FramePacer, frameOf, problemOf, PROBLEMS } from "./camera";
import type { RunItem } from "./run-item";

const INTERVALS = [
  { value: "0", label: "By Space only" },
  { value: "500", label: "Every 0.5 s" },
  { value: "1000", label: "Every second" },
  { value: "2000", label: "Every 2 s" },
  { value: "5000", label: "Every 5 s" },
  { value: "10000", label: "Every 10 s" },
];
const TICK_MS = 100;

export interface CameraPanelProps {
  /** Inspects a frame; resolves when it is answered. */
  onFrame: (frame: Blob, name: string) => Promise<void>;
  /** Frames, newest last. */
  frames: readonly RunItem[];
  onOpen: (key: string) => void;
  /** Says why frames cannot be inspected yet. */
  blocked?: string | undefined;
}

export function CameraPanel({ onFrame, frames, onOpen, blocked }: CameraPanelProps) {
  const video = useRef<HTMLVideoElement>(null);
  const { camera, devices, start, stop } = useCamera();
  const [interval, setPace] = useState(2000);
  const [paused, setPaused] = useState(true);
  const shoot = useRef(async () => Promise.resolve());
  useEffect(() => {
    shoot.current = async () => {
      const frame = video.current && (await frameOf(video.current));
      if (frame) await onFrame(frame, `Frame ${new Date().toLocaleTimeString()}`);
    };
  });
  const [pacer] = useState(() => new FramePacer(() => shoot.current()));
  const live = camera.kind === "live";
  const stream = live ? camera.stream : undefined;

  useEffect(() => {
    if (video.current) video.current.srcObject = stream ?? null;
  }, [stream]);
  useEffect(() => {
    if (!live || paused || blocked) return undefined;
    const timer = setInterval(() => pacer.tick(performance.now(), interval), TICK_MS);
    return () => clearInterval(timer);
  }, [live, paused, blocked, interval, pacer]);

  useShortcuts({ title: "Camera", enabled: live && !blocked }, [
    { keys: "Space", description: "Inspect what the camera shows now", run: () => void pacer.now(performance.now()) },
    { keys: "k", description: paused ? "Go on by itself" : "Pause", run: () => setPaused(!paused) },
  ]);

  const last = frames.at(-1);
  if (camera.kind === "failed") {
    const { title, text } = PROBLEMS[camera.why];
    return (
      <EmptyState icon={WarningIcon} title={title} actions={camera.why !== "insecure" && <Button onClick={() => start()}>Try again</Button>}>
        {text}
      </EmptyState>
    );
  }
  if (!live) {
    return (
      <EmptyState icon={CameraIcon} title="Inspect with a camera" actions={<Button variant="primary" size="md" icon={CameraIcon} busy={camera.kind === "asking"} onClick={() => start()}>Turn the camera on</Button>}>
        Frames are inspected one after the other and are not stored.
      </EmptyState>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      <div className="relative overflow-hidden rounded-lg bg-sunken">
        <video ref={video} autoPlay muted playsInline aria-label="What the camera shows" className="max-h-[48dvh] w-full object-contain" />
        {last?.inspection && (
          <div role="status" className="absolute top-3 left-3 flex items-center gap-2 rounded-md bg-raised p-2 shadow-pop">
            <VerdictBadge found={last.inspection} />
            <span className="text-sm text-ink-soft tabular-nums">{formatRatio(ratioOf(last.inspection))}</span>
          </div>
        )}
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <Button variant="primary" size="md" icon={CameraIcon} disabled={Boolean(blocked)} onClick={() => void pacer.now(performance.now())}>
          Inspect now <span className="hidden sm:inline"><Kbd keys="Space" /></span>
        </Button>
        <IconButton size="md" icon={paused ? PlayIcon : PauseIcon} label={paused ? "Go on by itself" : "Pause"} keys="k" disabled={Boolean(blocked) || interval === 0} onClick={() => setPaused(!paused)} />
        <Select label="How often" hideLabel size="sm" value={`${interval}`} options={INTERVALS} onChange={(value) => setPace(Number(value))} />
        {devices.length > 1 && (
          <Select
            label="Camera"
            hideLabel
            size="sm"
            value={camera.deviceId}
            options={devices.map((device, index) => ({ value: device.deviceId, label: device.label || `Camera ${index + 1}` }))}
            onChange={(deviceId) => start(deviceId)}
          />
        )}
        <Button variant="quiet" onClick={stop}>Turn off</Button>
        {blocked && <span className="text-sm text-warning">{blocked}</span>}
      </div>
      {frames.length > 0 && (
        <ol aria-label="Latest frames" className="flex gap-1 overflow-x-auto pb-1">
          {frames.slice(-40).reverse().map((frame) => (
            <li key={frame.key} className="shrink-0">
              <button
                type="button"
                aria-label={`${frame.name}: ${frame.inspection ? verdictWord(frame.inspection).toLowerCase() : frame.state === "failed" ? "not inspected" : "being inspected"}`}
                onClick={() => onOpen(frame.key)}
                className={cx(
                  "block size-14 overflow-hidden rounded-sm border-b-4",
                  !frame.inspection ? "border-line" : isAlarm(frame.inspection) ? "border-anomalous" : "border-normal",
                )}
              >
                <img src={frame.thumb} alt="" className="size-full object-cover" />
              </button>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

function useCamera() {
  const [camera, setCamera] = useState<CameraState>({ kind: "off" });
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  const open = useRef<MediaStream>(undefined);
  const wanted = useRef(0);

  const close = useCallback((): void => {
    wanted.current += 1;
    for (const track of open.current?.getTracks() ?? []) track.stop();
    open.current = undefined;
  }, []);
  // The light of the camera goes off when one leaves.
  useEffect(() => close, [close]);

  const start = useCallback(
    (deviceId?: string): void => {
      close();
      const mine = wanted.current;
      const { mediaDevices } = navigator as Partial<Navigator>;
      if (!mediaDevices) {
        setCamera({ kind: "failed", why: "insecure" });
        return;
      }
      setCamera({ kind: "asking" });
      const size = { width: { ideal: 1920 }, height: { ideal: 1080 } };
      mediaDevices
        .getUserMedia({ audio: false, video: deviceId ? { ...size, deviceId: { exact: deviceId } } : { ...size, facingMode: { ideal: "environment" } } })
        .then(async (stream) => {
          if (mine !== wanted.current) {
            for (const track of stream.getTracks()) track.stop();
            return;
          }
          open.current = stream;
          const track = stream.getVideoTracks()[0];
          track?.addEventListener("ended", () => setCamera({ kind: "failed", why: "none" }));
          setCamera({ kind: "live", stream, deviceId: track?.getSettings().deviceId ?? "" });
          const all = await mediaDevices.enumerateDevices();
          setDevices(all.filter((device) => device.kind === "videoinput"));
        })
        .catch((error: unknown) => {
          if (mine === wanted.current) setCamera({ kind: "failed", why: problemOf(error) });
        });
    },
    [close],
  );
  const stop = useCallback((): void => {
    close();
    setCamera({ kind: "off" });
  }, [close]);
  return { camera, devices, start, stop };
}
