/** The page's icons: 20 × 20, one stroke width, the colour of the text. Decoration only; labels are text. */
import type { ReactElement, SVGProps } from "react";

export type IconProps = Omit<SVGProps<SVGSVGElement>, "children">;
export type Icon = (props: IconProps) => ReactElement;

function icon(paths: string, name: string): Icon {
  const Shape: Icon = (props) => (
    <svg
      viewBox="0 0 20 20"
      width={20}
      height={20}
      fill="none"
      stroke="currentColor"
      strokeWidth={1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      {...props}
    >
      <path d={paths} />
    </svg>
  );
  return Object.assign(Shape, { displayName: name });
}

export const LibraryIcon = icon("M3 3.5h6v6H3zM11.5 3.5H17v6h-5.5zM3 12h6v4.5H3zM11.5 12H17v4.5h-5.5z", "LibraryIcon");
export const SearchIcon = icon("M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4", "SearchIcon");
export const InspectIcon = icon("M3 6.5V3.5h3M14 3.5h3v3M17 13.5v3h-3M6 16.5H3v-3M10 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6z", "InspectIcon");
export const MapIcon = icon(
  "M5 6.5a.75.75 0 1 0 0-1.5.75.75 0 0 0 0 1.5zM8.5 10a.75.75 0 1 0 0-1.5.75.75 0 0 0 0 1.5zM5 13a.75.75 0 1 0 0-1.5.75.75 0 0 0 0 1.5zM9.5 15.5a.75.75 0 1 0 0-1.5.75.75 0 0 0 0 1.5zM13 6.5a.75.75 0 1 0 0-1.5.75.75 0 0 0 0 1.5zM16 10a.75.75 0 1 0 0-1.5.75.75 0 0 0 0 1.5zM14 15a.75.75 0 1 0 0-1.5.75.75 0 0 0 0 1.5z",
  "MapIcon",
);
export const StatusIcon = icon("M2.5 10.5h3l2.5-6 4 11 2.5-5h3", "StatusIcon");
export const CloseIcon = icon("m5 5 10 10M15 5 5 15", "CloseIcon");
export const CheckIcon = icon("m4 10.5 4 4 8-9", "CheckIcon");
export const CopyIcon = icon("M7 7h9.5v9.5H7zM4.5 13h-1V3.5H13v1", "CopyIcon");
export const PlusIcon = icon("M10 4v12M4 10h12", "PlusIcon");
export const MinusIcon = icon("M4 10h12", "MinusIcon");
export const ChevronDownIcon = icon("m5 7.5 5 5 5-5", "ChevronDownIcon");
export const ChevronLeftIcon = icon("m12.5 5-5 5 5 5", "ChevronLeftIcon");
export const ChevronRightIcon = icon("m7.5 5 5 5-5 5", "ChevronRightIcon");
export const ArrowLeftIcon = icon("M16 10H4M9 5l-5 5 5 5", "ArrowLeftIcon");
export const MoreIcon = icon(
  "M4.5 10.5a.5.5 0 1 0 0-1 .5.5 0 0 0 0 1zM10 10.5a.5.5 0 1 0 0-1 .5.5 0 0 0 0 1zM15.5 10.5a.5.5 0 1 0 0-1 .5.5 0 0 0 0 1z",
  "MoreIcon",
);
export const UploadIcon = icon("M10 13V3.5M6 7l4-4 4 4M3.5 13v3.5h13V13", "UploadIcon");
export const DownloadIcon = icon("M10 3.5V13M6 9.5l4 4 4-4M3.5 13v3.5h13V13", "DownloadIcon");
export const TrashIcon = icon("M3.5 5.5h13M8 5.5v-2h4v2M5 5.5l.7 11h8.6l.7-11M8.5 9v4.5M11.5 9v4.5", "TrashIcon");
export const PencilIcon = icon("M13 4l3 3-8.500 8.500H4.500v-3zM11 6l3 3", "PencilIcon");
export const TagIcon = icon("M3.5 3.5H10l6.5 6.5-6.5 6.5L3.5 10zM7 7h.01", "TagIcon");
export const UndoIcon = icon("M7 4 3.5 7.5 7 11M4 7.5h8a4.5 4.5 0 0 1 0 9H8", "UndoIcon");
export const RetryIcon = icon("M16 10a6 6 0 1 1-1.8-4.3L16 7.5M16 3.5v4h-4", "RetryIcon");
export const FilterIcon = icon("M3.5 5h13M6 10h8M8.5 15h3", "FilterIcon");
export const InfoIcon = icon("M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 9v4.5M10 6.5h.01", "InfoIcon");
export const WarningIcon = icon("M10 3.5 2.5 16.5h15zM10 8.5v3.5M10 14.25h.01", "WarningIcon");
export const PauseIcon = icon("M7 4.5v11M13 4.5v11", "PauseIcon");
export const PlayIcon = icon("M6 4.5v11l9-5.5z", "PlayIcon");
export const CameraIcon = icon("M3 6h3.5L8 4h4l1.5 2H17v10H3zM10 8.25a2.75 2.75 0 1 0 0 5.5 2.75 2.75 0 0 0 0-5.5z", "CameraIcon");
export const EyeIcon = icon("M2.5 10C4.5 6.3 7 4.5 10 4.5s5.5 1.8 7.5 5.5c-2 3.7-4.5 5.5-7.5 5.5S4.5 13.7 2.5 10zM10 7.75a2.25 2.25 0 1 0 0 4.5 2.25 2.25 0 0 0 0-4.5z", "EyeIcon");
export const SunIcon = icon("M10 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M15.3 4.7l-1 1M5.7 14.3l-1 1", "SunIcon");
export const MoonIcon = icon("M16.5 11.5A6.8 6.8 0 0 1 8.5 3.5a6.8 6.8 0 1 0 8 8z", "MoonIcon");
export const SystemIcon = icon("M3 4h14v9.5H3zM7.5 16.5h5M10 13.5v3", "SystemIcon");
export const KeyboardIcon = icon("M2.5 5.5h15v9h-15zM5.5 8.5h.01M8.5 8.5h.01M11.5 8.5h.01M14.5 8.5h.01M6.5 11.5h7", "KeyboardIcon");
export const SignOutIcon = icon("M8 3.5H3.5v13H8M8 10h9M13.5 6.5 17 10l-3.5 3.5", "SignOutIcon");
export const BoxIcon = icon("M4 6.5V4h2.5M9 4h2M13.5 4H16v2.5M16 9v2M16 13.5V16h-2.5M11 16H9M6.5 16H4v-2.5M4 11V9", "BoxIcon");
export const LassoIcon = icon("M10 3.500c4 0 7 2 7 4.500s-3 4.500-7 4.500c-1.600 0-3-.3-4.200-.9M3.900 10.200C3.300 9.500 3 8.800 3 8c0-2.500 3-4.500 7-4.500M5.500 13.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3zM5.200 13.500c0 2-.7 3-2.200 3.500", "LassoIcon");
export const HeatIcon = icon("M10 3c.5 3-3.5 5-3.5 9a4 4 0 0 0 8 0c0-1.500-.7-2.800-1.500-3.500-.3 1-1 1.600-1.500 1.700C12 8 11.500 5 10 3z", "HeatIcon");
export const RegionsIcon = icon("M5 8.500 8 4.500l4 .5 1 3-2.500 3-4 .5zM12 14l2.500-1.500L17 14l-1 2.500h-2.500z", "RegionsIcon");
export const ImageIcon = icon("M3 4h14v12H3zM3 13.5l4-4 4 4 2.5-2.5L17 14M13 7.5h.01", "ImageIcon");
