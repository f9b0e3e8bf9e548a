export function ShareTab() { return null; }
