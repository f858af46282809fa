import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cells, openCells } from "../../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
});
afterAll(() => cells.close());

const png = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAAEklEQVR4nGP8z8Dwn4GBgYEJRAAADxUCBVLwAAAAAElFTkSuQmCC";

describe("values", () => {
  it("that are the bytes of an image are shown as one", async () => {
    const shown = await cells.run(`Buffer.from("${png}", "base64")`);
    expect(shown.result).toEqual({
      "image/png": png,
      "text/plain": expect.stringMatching(/^\[PNG image, 2 × 3, \d+ bytes\]$/),
    });
    const cases = [
      ["new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1])", "image/jpeg"],
      ["Buffer.from('GIF89a0000')", "image/gif"],
      ["Buffer.from('RIFF0000WEBPVP8 ')", "image/webp"],
    ];
    for (const [code, type] of cases)
      expect(Object.keys((await cells.run(code as string)).result ?? {})).toEqual([type, "text/plain"]);
    const svg = await cells.run('Buffer.from(\'<?xml version="1.0"?><!-- a --><svg xmlns="x"/>\')');
    expect(svg.result).toEqual({
      "image/svg+xml": '<?xml version="1.0"?><!-- a --><svg xmlns="x"/>',
      "text/plain": expect.any(String),
    });
  });

  it("that are other bytes, typed arrays, maps, sets and dates are shown as Node prints them, bounded", async () => {
    expect((await cells.run("new Uint8Array([1, 2, 3])")).result).toEqual({
      "text/plain": "Uint8Array(3) [ 1, 2, 3 ]",
    });
    expect((await cells.run("new Float32Array(100_000)")).text?.length).toBeLessThan(2000);
    expect((await cells.run("new Map([['a', new Set([1])]])")).text).toBe("Map(1) { 'a' => Set(1) { 1 } }");
    expect((await cells.run("new Map(Array.from({ length: 5000 }, (_, i) => [i, i]))")).text).toContain(
      "4900 more items",
    );
    expect((await cells.run("new Date(0)")).text).toBe("1970-01-01T00:00:00.000Z");
  });

  it("that are errors show their causes", async () => {
    const run = await cells.run("new Error('outer', { cause: new TypeError('inner', { cause: 'root' }) })");
    expect(run.text).toContain("Error: outer");
    expect(run.text).toContain("inner");
    expect(run.text).toContain("root");
  });

  it("that are lists of records are a table beside their text, escaped and bounded", async () => {
    const run = await cells.run("[{ name: '<b>', loss: 1.5 }, { name: 'b', step: 2n, at: new Date(0), none: null }]");
    expect(run.result?.["text/html"]).toContain(
      "<tr><th></th><th>name</th><th>loss</th><th>step</th><th>at</th><th>none</th></tr>",
    );
    expect(run.result?.["text/html"]).toContain("&lt;b&gt;");
    expect(run.result?.["text/html"]).toContain("1970-01-01T00:00:00.000Z");
    expect(run.text).toContain("{ name: '<b>', loss: 1.5 }");
    const large = await cells.run(
      "Array.from({ length: 10_000 }, " +
        "(_, i) => Object.fromEntries(Array.from({ length: 30 }, (_, k) => ['k' + k, i])))",
    );
    const html = String(large.result?.["text/html"]);
    expect(html.match(/<tr>/g)).toHaveLength(51);
    expect(html).toContain("… 9,950 more rows, 10 more columns");
  });

  it("that are other lists stay text", async () => {
    for (const code of ["[{ a: 1 }]", "[{ a: [1] }, { a: 2 }]", "[1, 2]", "[{}, {}]", "[new Map(), new Map()]"])
      expect(Object.keys((await cells.run(code)).result ?? {})).toEqual(["text/plain"]);
  });
});

describe("display", () => {
  it("has a function for each kind of content, each with text beside it", async () => {
    const run = await cells.run(
      `display.html("<p>a <b>b</b></p><script>1</script>"); display.markdown("# T");
       display.latex("x^2"); display.svg("<svg/>");
       display.json({ a: [1n] }); display.image(Buffer.from("${png}", "base64")); display.table([{ a: { b: 1 } }])`,
    );
    expect(run.messages().map(({ content }) => content.data)).toEqual([
      { "text/html": "<p>a <b>b</b></p><script>1</script>", "text/plain": "a b" },
      { "text/markdown": "# T", "text/plain": "# T" },
      { "text/latex": "$\\displaystyle x^2$", "text/plain": "x^2" },
      { "image/svg+xml": "<svg/>", "text/plain": "[SVG image]" },
      { "application/json": { a: ["1"] }, "text/plain": "{ a: [ 1n ] }" },
      { "image/png": png, "text/plain": expect.stringContaining("PNG image, 2 × 3") },
      { "text/html": expect.stringContaining("{ b: 1 }"), "text/plain": "[ { a: { b: 1 } } ]" },
    ]);
  });

  it("takes an id for later updates, and says what is wrong with an image that is none", async () => {
    const run = await cells.run(
      "display.html('a', { displayId: 'h' }); display.html('b', { displayId: 'h', update: true })",
    );
    expect(run.messages()[1]).toMatchObject({
      type: "update_display_data",
      content: { transient: { display_id: "h" } },
    });
    const wrong = await cells.run("display.image(new Uint8Array(5))");
    expect(wrong.failure?.evalue).toBe(
      "display.image: expected PNG, JPEG, GIF, WebP, or SVG, found 5 bytes of something else",
    );
  });

  it("has types and documentation for its kinds", async () => {
    expect((await cells.complete("display.")).matches.map(({ text }) => text)).toEqual(
      expect.arrayContaining(["html", "table", "latex"]),
    );
    expect((await cells.inspect("display.table"))?.text).toContain("at most 50 rows");
    expect((await cells.run("display.html(5)")).failure?.ename).toBe("TypeScriptError");
  });
});

it("display.track hands on the items of a loop with their type and shows how far it is", async () => {
  const run = await cells.run(`let sum: number = 0;
for (const one of display.track([1, 2, 3], { title: "adding", unit: "numbers" })) sum += one;
for await (const line of display.track(async function* () { yield "ab" }())) sum += line.length;
sum`);
  expect(run.text).toBe("8");
  const texts = [run.stream("stdout"), ...run.messages().map(({ content }) => JSON.stringify(content))].join("\n");
  expect(texts).toMatch(/adding: 3 numbers in \d+\.\d s/);
});

describe("objects of other kernels and of pages", () => {
  const table = "Array.from({ length: 60 }, (_, k) => ({ id: k, name: 'n' + k }))";
  it.each([
    ["_repr_html_", "({ _repr_html_: () => '<b>x</b>' })", { "text/html": "<b>x</b>", "text/plain": "x" }],
    ["_repr_html_ that takes time", "({ _repr_html_: async () => '<b>x</b>' })", { "text/html": "<b>x</b>" }],
    ["_repr_svg_", "({ _repr_svg_: () => '<svg/>' })", { "image/svg+xml": "<svg/>" }],
    ["_repr_mimebundle_", "({ _repr_mimebundle_: () => [{ 'text/latex': '$x$' }, {}] })", { "text/latex": "$x$" }],
    ["$display", "({ $display: () => ({ 'text/html': '<i>y</i>' }) })", { "text/html": "<i>y</i>", "text/plain": "y" }],
    [
      "a function with a hook",
      "Object.assign(() => 1, { _repr_html_: () => '<b>f</b>' })",
      { "text/html": "<b>f</b>", "text/plain": "f" },
    ],
    ["toHTML", "({ toHTML: () => '<table><tr><td>1</td></tr></table>' })", { "text/plain": "1" }],
    ["an element", "({ nodeType: 1, outerHTML: '<p>text</p>' })", { "text/html": "<p>text</p>", "text/plain": "text" }],
    [
      "an SVG element",
      "({ nodeType: 1, outerHTML: '<svg width=\"1\"/>' })",
      { "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg" width="1"/>' },
    ],
    [
      "a fragment",
      "({ nodeType: 11, childNodes: [{ nodeType: 1, outerHTML: '<b>a</b>' }, { nodeType: 3, textContent: 'b' }] })",
      { "text/html": "<b>a</b>b" },
    ],
    [
      "a canvas",
      `({ width: 2, height: 3, toDataURL: () => "data:image/png;base64,${png}" })`,
      { "image/png": png, "text/plain": "[canvas, 2 × 3]" },
    ],
    [
      "a list of elements",
      "[{ nodeType: 1, outerHTML: '<p>a</p>' }, { nodeType: 3, nodeValue: '<' }]",
      {
        "text/html": '<ol start="0"><li><p>a</p></li><li><code>#text "&lt;"</code></li></ol>',
      },
    ],
    [
      "a NodeList",
      "({ length: 1, item: () => {}, 0: { nodeType: 1, outerHTML: '<p>a</p>' } })",
      {
        "text/html": '<ol start="0"><li><p>a</p></li></ol>',
      },
    ],
    ["a text node", "({ nodeType: 3, nodeValue: 'a', ownerDocument: {} })", { "text/plain": '#text "a"' }],
    [
      "a window",
      "(() => { const documentElement = { nodeType: 1, outerHTML: '<html>a</html>' }; " +
        "const window: any = { document: { nodeType: 9, documentElement } }; return window.window = window })()",
      { "text/html": "<html>a</html>" },
    ],
    [
      "what draws on a canvas",
      `({ fillRect() {}, canvas: { width: 2, height: 3, toDataURL: () => "data:image/png;base64,${png}" } })`,
      { "image/png": png },
    ],
    [
      "a blob with an image",
      `new Blob([Buffer.from("${png}", "base64")], { type: "image/png" })`,
      { "image/png": png },
    ],
    ["an image with its bytes", `({ width: 2, src: Buffer.from("${png}", "base64") })`, { "image/png": png }],
    ["values of ijavascript", "({ _toHtml: () => '<b>x</b>' })", { "text/html": "<b>x</b>", "text/plain": "x" }],
    [
      "what shows itself as HTML only",
      "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<b>x</b>' }) })",
      { "text/plain": "x" },
    ],
    [
      "a vector of apache-arrow",
      "({ length: 60, nullCount: 0, type: { typeId: 10, toString: () => 'Timestamp' }, get: () => 0 })",
      {
        "text/html": expect.stringContaining('<td style="text-align:left">1970-01-01T00:00:00.000Z</td>'),
        "text/plain": "[vector of Timestamp, 60 values]",
      },
    ],
    [
      "a schema of apache-arrow",
      "({ metadata: new Map(), fields: [" +
        "{ name: 'a', nullable: true, type: { typeId: 3, toString: () => 'Float64' } }] })",
      { "text/html": expect.stringContaining("Float64"), "text/plain": "[schema of 1 columns]" },
    ],
    [
      "a column of polars",
      "({ name: 'a', dtype: 'Utf8', length: 2, toArray: () => ['x', 'y'] })",
      { "text/html": expect.stringContaining("<th>a</th>"), "text/plain": "[column of Utf8, 2 values]" },
    ],
    [
      "a table of apache-arrow",
      `(() => { const rows = ${table}; ` +
        "return { numRows: 60, schema: { fields: [1, 2] }, get: (k) => ({ toJSON: () => rows[k] }) } })()",
      { "text/html": expect.stringContaining("10 more rows"), "text/plain": "[table, 60 rows × 2 columns]" },
    ],
    [
      "a table of polars",
      `({ columns: ["id", "name"], shape: { height: 60, width: 2 }, toRecords: () => ${table} })`,
      { "text/html": expect.stringContaining("<th>name</th>"), "text/plain": "[table, 60 rows × 2 columns]" },
    ],
  ])("such as %s show what they are, not their internals", async (_, code, shown) => {
    const run = await cells.run(code);
    expect(run.failure?.evalue).toBeUndefined();
    expect(run.result).toMatchObject(shown);
  });

  it("whose property `then` can't be read are shown: the cell failed", async () => {
    const run = await cells.run("({ get then() { throw new Error('no') } })");
    expect([run.failure, run.text]).toEqual([undefined, "{ then: [Getter] }"]);
  });

  it("whose hook fails are shown as Node shows them", async () => {
    expect((await cells.run("({ a: 1, toHTML() { throw new Error('no') } })")).text).toContain("a: 1");
  });

  it("whose hooks give promises that never settle are shown as they are: the cell hung", async () => {
    const never = "() => new Promise(() => {})";
    const values = [
      `{ a: 1, toHTML: ${never} }`,
      `{ b: 2, width: 1, toDataURL: ${never} }`,
      `{ c: 3, _repr_html_: ${never} }`,
    ];
    const run = await cells.run(`for (const one of [${values}]) display(one)`);
    const shown = run.messages().map(({ content }) => JSON.stringify(content));
    for (const text of ["a: 1", "b: 2", "c: 3"]) expect(shown.some((one) => one.includes(text))).toBe(true);
    expect(shown.join()).not.toContain("text/html");
  });

  it.each([
    ["a hook for HTML that gives an object", "({ _repr_html_: () => ({ not: 'text' }) })", { "text/html": undefined }],
    [
      "a bundle of numbers and empty places",
      "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': 5, 'text/plain': undefined, 'text/latex': null }) })",
      { "text/html": "5", "text/plain": "[Object]", "text/latex": undefined },
    ],
    [
      "a bundle with an object under a type of text",
      "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/markdown': { a: 1 }, 'application/x+json': null }) })",
      { "text/markdown": '{"a":1}', "application/x+json": null },
    ],
  ])("give text for types of text: a notebook with anything else is not valid (%s)", async (_, code, expected) => {
    const { result = {} } = await cells.run(code);
    for (const [type, data] of Object.entries(expected)) expect(result[type]).toEqual(data);
  });

  it("may be a proxy of a promise: the cell failed", async () => {
    const run = await cells.run("new Proxy(Promise.resolve(4), {})");
    expect([run.failure, run.text]).toEqual([undefined, "Promise { 4 }"]);
  });

  it("may be a proxy that has every property: the cell hung", async () => {
    const proxy = "new Proxy({}, { get: () => () => proxied })";
    expect((await cells.run(`const proxied: any = ${proxy}; proxied`)).text).toBe("{}");
    expect((await cells.run("display(proxied)")).status).toBe("ok");
  });

  it("may look like a promise: a query is waited for, what never answers is shown as it is", async () => {
    expect((await cells.run("({ then: (done) => setTimeout(done, 1, 'rows') })")).text).toBe("'rows'");
    expect((await cells.run("({ never: 1, then() {} })")).text).toContain("never: 1");
  });
});

it("a list of records runs no getter for its table, and holes are no records: the list could not be shown", async () => {
  const getters = await cells.run("[{ get a() { throw new Error('no') } }, { get a() { throw 5 } }]");
  expect(getters.text).toBe("[ { a: [Getter] }, { a: [Getter] } ]");
  expect((await cells.run("new Array(1e9)")).result).toEqual({ "text/plain": "[ <1000000000 empty items> ]" });
});

it("cells of a table that hold numbers of 5,000 digits, or only what HTML writes longer, are cut: they were megabytes", async () => {
  const rows = "Array.from({ length: 50 }, () => Object.fromEntries(keys.map((key) => [key, VALUE])))";
  const keys = 'const keys = Array.from({ length: 20 }, (_, k) => "k" + k);';
  for (const value of ["10n ** 5000n", "'&'.repeat(5000)"]) {
    const run = await cells.run(`(() => { ${keys} return ${rows.replace("VALUE", value)} })()`);
    expect(String(run.result?.["text/html"]).length).toBeLessThan(250_000);
  }
  expect((await cells.run("[{ a: 1n }, { a: 2n }]")).result?.["text/html"]).toContain(">2</td>");
});
