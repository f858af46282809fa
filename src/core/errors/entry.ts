/** What a code means and how one gets out of it. The keys are the only values that `LabError.code` takes. */
export interface CatalogEntry {
  readonly meaning: string;
  readonly cure: string;
}
