export { Checkpoint } from "./checkpoint/checkpoint.js";
export { Checkpoints, type OpenCheckpointsOptions, openCheckpoints } from "./checkpoint/checkpoints.js";
export type { CheckpointFileName } from "./checkpoint/file-name.js";
export type { TensorKind } from "./checkpoint/kind.js";
export type { HyperParameters } from "./checkpoint/rank-file.js";
export type { CheckpointFile, RankPart, SavedPoint } from "./checkpoint/scan.js";
export { type TensorRow, TensorTable, type TensorTotal } from "./checkpoint/tensor-table.js";
export { Verification, type VerificationFacts } from "./checkpoint/verification.js";
export { Config, type ConfigSource } from "./config/config.js";
export type { ConfigChange, ConfigDiff } from "./config/diff.js";
export { listTemplates, openConfig } from "./config/open.js";
export type { ScalarValue } from "./config/python-yaml.js";
export type { CheckFacts } from "./config/rules/rule.js";
export type { Mesh } from "./config/settings.js";
export type { YamlValue } from "./config/yaml-values.js";
export {
  CancelledError,
  CheckpointError,
  ConfigError,
  DataError,
  FormatError,
  type Issue,
  isLabError,
  LabError,
  type LabErrorOptions,
  MachineError,
  PlanError,
  RunFailedError,
} from "./core/error.js";
export { type ErrorCode, errorCatalogue } from "./core/error-catalogue.js";
export type { ProcessIdentity } from "./core/process-table.js";
export { deepseekTokenizer, sampleCorpus } from "./data/bundled.js";
export { type CheckableDataset, checkDataset } from "./data/check-dataset.js";
export { Dataset, openDataset } from "./data/dataset.js";
export type { PeekOptions } from "./data/dataset-inspect.js";
export { DatasetSamples, type SampledSequence } from "./data/dataset-samples.js";
export { DocumentPeek, type PeekedDocument } from "./data/document-peek.js";
export { LengthHistogram } from "./data/length-histogram.js";
export type { DatasetManifest, FileRecord } from "./data/manifest.js";
export { type MergeOptions, mergeDatasets } from "./data/merge.js";
export {
  MindRecord,
  type MindRecordShardFacts,
  openMindRecord,
  type ReadRowsOptions,
  writeMindRecord,
} from "./data/mindrecord.js";
export type { MindRecordOptions, WriteMindRecordOptions } from "./data/mindrecord-writer.js";
export { prepareData } from "./data/prepare.js";
export type { PrepareMindRecordOptions, PrepareOptions } from "./data/prepare-options.js";
export { type RepairOptions, repairDataset } from "./data/repair.js";
export { Repair } from "./data/repair-report.js";
export { type SplitOptions, splitDataset } from "./data/split.js";
export { type CountedToken, TokenCounts } from "./data/token-counts.js";
export { type CheckRow, DatasetVerification } from "./data/verification.js";
export type { VerifyOptions } from "./data/verify.js";
export type { ElementType, TensorValues } from "./formats/dtype.js";
export type { TokenType } from "./formats/megatron.js";
export type {
  MindRecordField,
  MindRecordRow,
  MindRecordSchema,
  MindRecordType,
  MindRecordValue,
} from "./formats/mindrecord/schema.js";
export type { PlanChange, PlanData } from "./plan/changes.js";
export type { Cluster, ResolvedCluster } from "./plan/cluster.js";
export type { CommandPlace, CommandSettings, NodeCommand } from "./plan/command.js";
export type { ParameterCount } from "./plan/model.js";
export type { Plan, PlanValues } from "./plan/plan.js";
export { type PlanOptions, planRun } from "./plan/plan-run.js";
export { type CompareAxis, Comparison, compareRuns, RunFigure } from "./run/compare.js";
export type {
  CheckpointEvent,
  EventBase,
  FaultEvent,
  NoteEvent,
  RecordedState,
  RunEvent,
  RunState,
  StateEvent,
  StepEvent,
  StepRecord,
} from "./run/events.js";
export { type LaunchOptions, launchRun } from "./run/launch.js";
export type { LaunchablePlan } from "./run/launchable.js";
export { checkMachine, Machine, type MachineCheck } from "./run/machine.js";
export type { MachineFacts } from "./run/machine-facts.js";
export { listRuns, type OpenOptions, openRun, RunList } from "./run/open.js";
export type { PlotName } from "./run/plots.js";
export { type ResumeOptions, resumeRun } from "./run/resume.js";
export { LogLines, type LogOptions, Run } from "./run/run.js";
export type { RunFile, RunParent } from "./run/run-file.js";
export type { ResumePoint } from "./run/stage.js";
export type { RunStatus } from "./run/status.js";
export type { StopOptions } from "./run/stop.js";
export type { WaitOptions } from "./run/wait.js";
export type { Watch, WatchOptions } from "./run/watch.js";
export type { LineSeries } from "./view/charts/curve.js";
export { type HistogramBin, type HistogramSpec, histogram } from "./view/charts/histogram.js";
export { type LineChartSpec, lineChart } from "./view/charts/line-chart.js";
export type { MimeBundle } from "./view/display-contract.js";
export { type Displayable, type DisplayOptions, displayKey } from "./view/display-contract.js";
export { IssueList } from "./view/issue-list.js";
export type { ProgressSpec } from "./view/progress.js";
export { factsBundle, issuesBundle, joinBundles } from "./view/sections.js";
export { type LiveOutput, openLive, openProgress, type Progress, show } from "./view/show.js";
export { type Column, type TableSpec, tableBundle } from "./view/table.js";
export type { Cell } from "./view/text.js";
