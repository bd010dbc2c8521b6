// Runs in the page, not here: the page holds the text of `drawLiveCharts`, which must use nothing from outside itself but the browser
// and vega. Their types, as far as it needs them:

interface Element {
  id: string;
  className: string;
  textContent: string;
  readonly clientWidth: number;
  readonly offsetWidth: number;
  readonly classList: { add(name: string): void };
  readonly style: { left: string; top: string };
  hidden: boolean;
  append(...children: Element[]): void;
  replaceChildren(...children: Element[]): void;
  querySelector(selector: string): Element;
}

interface View {
  data(name: string, values: object[]): View;
  width(pixels: number): View;
  runAsync(): Promise<View>;
}

interface VegaSpecification {
  readonly autosize?: { readonly type: string };
  readonly legends?: { orient?: string; direction?: string }[];
}

type Tooltip = (handler: unknown, event: { clientX: number; clientY: number }, item: unknown, value: unknown) => void;

declare const document: {
  readonly body: Element;
  readonly documentElement: Element;
  createElement(name: string): Element;
  getElementById(id: string): Element;
};
declare const ResizeObserver: new (changed: () => void) => { observe(element: Element): void };
declare const vega: {
  readonly expressionInterpreter: unknown;
  readonly View: new (runtime: unknown, options: object) => View;
  parse(specification: object, config: object, options: object): unknown;
};

/** What the page hands over, as JSON in the element "live-charts". */
export interface LiveCharts {
  /** Each table once, however many charts draw it. */
  readonly tables: Readonly<
    Record<string, { readonly columns: readonly string[]; readonly rows: readonly (readonly unknown[])[] }>
  >;
  readonly charts: readonly { readonly name: string; readonly table: string; readonly specification: object }[];
}

/** Puts a live chart beside each still one and shows it in its place. One that fails leaves the still one. */
export function drawLiveCharts(): void {
  /** Narrower than this a legend beside the chart leaves too little of it. */
  const narrow = 520;
  const { tables, charts } = JSON.parse(document.getElementById('live-charts').textContent) as LiveCharts;
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.hidden = true;
  document.body.append(tip);

  const showTip: Tooltip = (_, event, __, value) => {
    tip.hidden = value === undefined || value === null || value === '';
    if (tip.hidden) return;
    const fields = typeof value === 'object' ? Object.entries(value as object) : [['', value]];
    tip.replaceChildren(
      ...fields.map(([name, text]) => {
        const line = document.createElement('div');
        line.textContent = name === '' ? String(text) : `${name}: ${text}`;
        return line;
      }),
    );
    const room = document.documentElement.clientWidth - tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(event.clientX + 12, room))}px`;
    tip.style.top = `${event.clientY + 16}px`;
  };

  const draw = async ({ name, table, specification }: LiveCharts['charts'][number]) => {
    const figure = document.getElementById(`chart-${name}`);
    const container = figure.querySelector('.live');
    const { autosize, legends = [] } = specification as VegaSpecification;
    if (figure.clientWidth < narrow) for (const legend of legends) Object.assign(legend, { orient: 'bottom' });
    const runtime = vega.parse(specification, {}, { ast: true });
    const options = { container, renderer: 'svg', hover: true, tooltip: showTip, expr: vega.expressionInterpreter };
    const view = new vega.View(runtime, options);
    const { columns = [], rows = [] } = tables[table] ?? {};
    const record = (row: readonly unknown[]) => Object.fromEntries(columns.map((column, at) => [column, row[at]]));
    view.data(table, rows.map(record));
    let width = 0;
    const adapt = async () => {
      if (autosize?.type === 'fit' && figure.clientWidth > 0 && figure.clientWidth !== width) {
        width = figure.clientWidth;
        view.width(width);
      }
      await view.runAsync();
    };
    await adapt();
    figure.classList.add('is-live');
    new ResizeObserver(adapt).observe(figure);
  };
  for (const chart of charts) void draw(chart).catch((error: unknown) => console.error(error));
}
