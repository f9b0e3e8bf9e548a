export function ThresholdTab() { return null; }
