/** Metrics, and Prometheus' text format for them (version 0.0.4). */

/** One number, and what it is about. */
export interface MetricSample {
  /** What sets it apart from the others of its metric, by names; often none. */
  readonly labels: Readonly<Record<string, string>>;
  /** In the base unit that the metric's name ends in: seconds or bytes; else a count. */
  readonly value: number;
}

/** One thing that is measured. */
export interface Metric {
  /** Such as `coord_tasks`. */
  readonly name: string;
  /** A `counter` only grows; a `gauge` goes up and down. */
  readonly type: "counter" | "gauge";
  /** One sentence for people. */
  readonly help: string;
  /** A number for each set of labels; none where it is not known. */
  readonly samples: readonly MetricSample[];
}

/** The lines of metrics, each without its end. A metric without a number has none. */
export function expositionLines(metrics: readonly Metric[]): string[] {
  return metrics.filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`),
    ]);
}

function labelText(labels: MetricSample["labels"]): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
