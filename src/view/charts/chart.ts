/**
 * A chart: one value from which plotly's JSON, the SVG picture and the text follow. Everything in it is bounded and
 * shortened already; positions are in data coordinates.
 */
export interface Chart {
  readonly title: string;
  /** Below each other, all as wide as the chart; at least one. */
  readonly panels: readonly Panel[];
  /** What the colors mean; empty where one color needs no word. */
  readonly legend: readonly LegendEntry[];
  /** A course of colors from low to high, for charts of cells. */
  readonly scale?: ColorScale | undefined;
  /** Small print below the drawing. */
  readonly notes: readonly string[];
  /** The whole chart in words, title and notes included. */
  readonly text: string;
}

/** One drawing area with its two axes. */
export interface Panel {
  /** Height of the drawing area in pixels, without axes and titles. */
  readonly height: number;
  readonly x: AxisSpec;
  readonly y: AxisSpec;
  /** In the order in which they are drawn. */
  readonly marks: readonly Mark[];
  readonly rules: readonly Rule[];
  /** Hovering shows all marks at one x; default: only the nearest one. */
  readonly hoverTogether?: boolean;
}

/** An axis of numbers, or of names at the positions 0, 1, 2, … */
export type AxisSpec = NumberAxis | NameAxis;

export interface NumberAxis {
  readonly label: string;
  readonly low: number;
  readonly high: number;
  readonly log?: boolean;
  /** The values are whole numbers: no ticks between them. */
  readonly integer?: boolean;
}

export interface NameAxis {
  readonly label: string;
  readonly names: readonly string[];
}

export interface LegendEntry {
  readonly label: string;
  readonly color: string;
  /** A line of that kind instead of a square. */
  readonly dash?: Dash | undefined;
}

export type Dash = "solid" | "dash" | "dot";

/** Colors of equal steps from the low end to the high end. */
export interface ColorScale {
  readonly label: string;
  readonly colors: readonly string[];
  /** Labels at a share of the way from 0 to 1. */
  readonly ticks: readonly { readonly share: number; readonly label: string }[];
}

/** A labeled line across the panel. `on: "x"` is vertical, at a value of the x axis. */
export interface Rule {
  readonly on: "x" | "y";
  readonly at: number;
  readonly label: string;
  /** Default: a quiet gray. */
  readonly color?: string;
}

export type Mark = LineMark | DotsMark | BarsMark | CellsMark;

/** A line through points; NaN in `y` is a gap and a red tick on the x axis. */
export interface LineMark {
  readonly kind: "line";
  readonly name: string;
  readonly color: string;
  readonly dash: Dash;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Also a dot at every point. */
  readonly dots: boolean;
}

/** Single points, with words for each. */
export interface DotsMark {
  readonly kind: "dots";
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly hover: readonly string[];
  /** One for all, or one for each. */
  readonly color: string | readonly string[];
  readonly radius: number;
  /** Joins the points. */
  readonly line?: string;
  /** Writes the words beside the points, where there is room. */
  readonly labeled?: boolean;
}

/** Bars; `at` and `width` lie along the axis of positions, `from` and `to` along the axis of values. */
export interface BarsMark {
  readonly kind: "bars";
  readonly name: string;
  readonly color: string;
  /** v: values go up; h: values go right. */
  readonly direction: "v" | "h";
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly at: number;
  readonly width: number;
  readonly from: number;
  readonly to: number;
  readonly hover?: string;
  /** Written into the bar, where there is room. */
  readonly label?: string;
}

/** Colored cells on two axes of names: `cells[row][column]`; undefined is left blank. */
export interface CellsMark {
  readonly kind: "cells";
  readonly colors: readonly string[];
  readonly cells: readonly (readonly (Cell | undefined)[])[];
  /** With it the hover of a cell is a list of numbers, each shown after its word. */
  readonly words?: readonly string[] | undefined;
}

export interface Cell {
  /** Position in `colors`. */
  readonly color: number;
  readonly hover: string | readonly (number | string)[];
}

export function isNameAxis(axis: AxisSpec): axis is NameAxis {
  return "names" in axis;
}
