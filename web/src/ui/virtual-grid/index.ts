export type { Section } from "./rows";
export { type CellState, type GridHandle, VirtualGrid, type VirtualGridProps } from "./virtual-grid";
