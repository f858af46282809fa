export { type ModelSection, modelNumber, otherNames } from "../model/numbers.js";
