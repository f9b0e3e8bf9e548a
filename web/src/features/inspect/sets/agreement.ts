/** How verdicts agree with people, added up over rows of statistics. Pure. */
import type { Agreement, StatsRow } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { type Share, shareOf } from "@/lib/shares";

export interface Tally {
  inspected: number;
  anomalous: number;
  truePositives: number;
  falsePositives: number;
  trueNegatives: number;
  falseNegatives: number;
}

export interface Rates {
  precision: Share | undefined;
  recall: Share | undefined;
  falseAlarmRate: Share | undefined;
}

const EMPTY: Tally = { inspected: 0, anomalous: 0, truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };

export function tallyOf(rows: readonly StatsRow[]): Tally {
  return rows.reduce<Tally>(
    (sum, row) => ({
      inspected: sum.inspected + Number(row.inspected),
      anomalous: sum.anomalous + Number(row.anomalous),
      truePositives: sum.truePositives + (row.agreement?.truePositives ?? 0),
      falsePositives: sum.falsePositives + (row.agreement?.falsePositives ?? 0),
      trueNegatives: sum.trueNegatives + (row.agreement?.trueNegatives ?? 0),
      falseNegatives: sum.falseNegatives + (row.agreement?.falseNegatives ?? 0),
    }),
    EMPTY,
  );
}

export const judgedIn = (tally: Tally): number =>
  tally.truePositives + tally.falsePositives + tally.trueNegatives + tally.falseNegatives;

export function ratesOf(tally: Tally): Rates {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = tally;
  return {
    precision: shareOf(truePositives, truePositives + falsePositives),
    recall: shareOf(truePositives, truePositives + falseNegatives),
    falseAlarmRate: shareOf(falsePositives, falsePositives + trueNegatives),
  };
}

/** The same of an answer that has counted already. */
export function ratesOfAgreement(agreement: Agreement | undefined): Rates {
  return {
    precision: agreement?.precision,
    recall: agreement?.recall,
    falseAlarmRate: agreement?.falseAlarmRate,
  };
}

/** Rows by some key, in the order in which keys first occur. */
export function groupedBy<K>(rows: readonly StatsRow[], keyOf: (row: StatsRow) => K): [K, StatsRow[]][] {
  const groups = new Map<K, StatsRow[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups];
}

/** `2026-03-12`, which sorts by time. */
export function dayOf(row: StatsRow): string {
  const { year, month, day } = row.day ?? { year: 0, month: 0, day: 0 };
  return [String(year).padStart(4, "0"), String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
}
