export type { CompareOptions } from "./checkpoint/compare/compare-points.js";
export type { CheckpointComparison } from "./checkpoint/compare/comparison.js";
export type { TensorDifference } from "./checkpoint/compare/tensor-difference.js";
export type { ChooseOptions } from "./checkpoint/convert/choose-tensors.js";
export type {
  Conversion,
  ConversionFacts,
  ConversionForecast,
  ConversionResult,
} from "./checkpoint/convert/conversion.js";
export type { FormatOptions } from "./checkpoint/convert/format-plan.js";
export type { CheckpointMergeOptions } from "./checkpoint/convert/merge-plan.js";
export type { ReshardOptions } from "./checkpoint/convert/reshard-plan.js";
export type { RunPlanResult } from "./checkpoint/convert/run-plan.js";
export type { TargetLayout } from "./checkpoint/convert/target-layout.js";
export type { HuggingFaceOptions } from "./checkpoint/huggingface/plans.js";
export type { Retention, RetentionFacts, RetentionRow } from "./checkpoint/keep/retention.js";
export type { RetentionOptions } from "./checkpoint/keep/retention-rule.js";
export type { TensorStatistics, ValueHistogram } from "./checkpoint/look/statistics.js";
export type { StatisticsTable } from "./checkpoint/look/statistics-table.js";
export type { TensorRow, TensorTable, TensorTotal } from "./checkpoint/look/tensor-table.js";
export type { TensorModule, TensorTree } from "./checkpoint/look/tensor-tree.js";
export type { TensorView } from "./checkpoint/look/tensor-view.js";
export type { Checkpoint } from "./checkpoint/open/checkpoint.js";
export type { Checkpoints } from "./checkpoint/open/checkpoints.js";
export type { OpenCheckpointOptions, OpenCheckpointsOptions } from "./checkpoint/open/open.js";
export type { SealOptions } from "./checkpoint/open/prove-point.js";
export type { ScrubFacts, ScrubResult } from "./checkpoint/prove/scrub-result.js";
export type { Seal, SealedFile } from "./checkpoint/prove/seal-format.js";
export type { SealResult } from "./checkpoint/prove/seal-result.js";
export type { Verification, VerificationFacts } from "./checkpoint/prove/verification.js";
export type { FileAccess, OpenFile } from "./checkpoint/read/files/file-access.js";
export type { HyperParameters } from "./checkpoint/read/files/hyper.js";
export type { TensorKind } from "./checkpoint/read/kind.js";
export type { CheckpointFile, CheckpointLayout } from "./checkpoint/read/points/saved-point.js";
export type { ParameterPlacement, SliceHolders } from "./checkpoint/strategy/parameter-placement.js";
export type { MissingRank, StrategyRecovery } from "./checkpoint/strategy/recovery.js";
export type { Strategy, StrategyRow } from "./checkpoint/strategy/strategy.js";
export type { BaseFile } from "./config/base-config.js";
export type { CommandLine } from "./config/command/command-line.js";
export type { Config, ConfigOptions, ConfigSource } from "./config/config.js";
export type { ConfigChange, ConfigDiff } from "./config/diff.js";
export type { ConfigEdit } from "./config/history.js";
export type { ConfigPath, KnownConfigPath } from "./config/keys/config-path.js";
export { describeKey, type KeyDescription, listKeys } from "./config/keys/describe.js";
export type { KeyInfo, KeyType } from "./config/keys/sections/key.js";
export { listTemplates, openConfig } from "./config/open.js";
export type { OriginKind, ValueOrigin } from "./config/origin.js";
export { listRules, type RuleInfo } from "./config/rule-list.js";
export type { CheckFacts, EngineReaction } from "./config/rules/rule.js";
export type { SavingOptions } from "./config/saving.js";
export type { ScaleChange } from "./config/scale/changes.js";
export type { ModelNumbers, Rung } from "./config/scale/ladder.js";
export type { Proposal, ScaleTarget } from "./config/scale/propose.js";
export type { ScaledConfig } from "./config/scale/scaled-config.js";
export type { ScalarValue } from "./config/text/scalars.js";
export type { YamlValue } from "./config/text/values.js";
export type { ByteSource } from "./core/bytes.js";
export {
  CancelledError,
  CheckpointError,
  ConfigError,
  DataError,
  type FixStep,
  FormatError,
  type Issue,
  isLabError,
  LabError,
  type LabErrorOptions,
  MachineError,
  PlanError,
  RunFailedError,
} from "./core/error.js";
export { type ErrorCode, errorCatalog } from "./core/errors/catalog.js";
export type { ProcessIdentity } from "./core/liveness/process-identity.js";
export { deepseekTokenizer, sampleCorpus } from "./data/bundled.js";
export { type CheckableDataset, checkDataset } from "./data/check-dataset.js";
export { type Dataset, openDataset } from "./data/dataset.js";
export type { DerivedManifest, DerivedSource } from "./data/files/derived-manifest.js";
export type { FileRecord } from "./data/files/file-record.js";
export type { DatasetManifest } from "./data/files/manifest.js";
export type { SplitName } from "./data/gpt-index/split.js";
export type { CheckRow, DatasetVerification } from "./data/inspect/checks/verification.js";
export type { DocumentPeek, PeekedDocument } from "./data/inspect/document-peek.js";
export type { LengthHistogram } from "./data/inspect/length-histogram.js";
export type { PeekOptions } from "./data/inspect/megatron.js";
export type { DatasetSamples, SampledSequence } from "./data/inspect/samples.js";
export type { CountedToken, TokenCounts } from "./data/inspect/token-counts.js";
export { type MergeOptions, mergeDatasets } from "./data/merge.js";
export type { MindRecordShardFacts, ReadRowsOptions } from "./data/mindrecord/facts.js";
export type { MindRecordOptions, WriteMindRecordOptions } from "./data/mindrecord/writer.js";
export { type MindRecord, openMindRecord, writeMindRecord } from "./data/mindrecord.js";
export { type DataOrder, openDataOrder } from "./data/order/data-order.js";
export type { OrderPlan } from "./data/order/epochs/batch-layout.js";
export type { SourceEpochs, SourceUse } from "./data/order/epochs/source-epochs.js";
export type { SampleSource, TrainingSample, TrainingSampleValues } from "./data/order/epochs/training-sample.js";
export type { TrainingStep, TrainingStepValues } from "./data/order/epochs/training-step.js";
export type { CacheState } from "./data/order/index-cache.js";
export type { DatasetOrderOptions, HandSettings, OrderOptions, OrderSource } from "./data/order/options.js";
export type { IndexFile, PreparedIndices } from "./data/order/prepared-indices.js";
export type { SequenceUse, SequenceUses } from "./data/order/sequence-uses.js";
export type { PrepareMindRecordOptions, PrepareOptions } from "./data/prepare/options.js";
export { prepareData } from "./data/prepare.js";
export type { Repair } from "./data/repair/report.js";
export { type RepairOptions, repairDataset } from "./data/repair.js";
export { type SplitOptions, splitDataset } from "./data/split.js";
export type { InputFormat } from "./data/text/input/files.js";
export type { EncodingPolicy } from "./data/text/input/utf8-repair.js";
export type { BadLinePolicy } from "./data/text/part-rules.js";
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
export type { ParameterLayout } from "./formats/strategy/layout.js";
export { flopsPerStep, flopsPerToken } from "./model/flops.js";
export type { LayerPlace } from "./model/layout/layers.js";
export { type Layout, type PipelineSchedule, singleDevice } from "./model/layout/layout.js";
export type { Mesh } from "./model/layout/mesh.js";
export type { Offset } from "./model/layout/offset.js";
export { estimateMemory, type MemoryEstimate, type StageMemory } from "./model/memory/estimate.js";
export {
  defaultMemoryOptions,
  type MemoryOptions,
  type OptimizerKind,
  type Recompute,
  type RecomputeCount,
} from "./model/memory/options.js";
export { readTraining, type TrainingFacts } from "./model/memory/read-training.js";
export type { ModelSection } from "./model/numbers.js";
export { countParameters, type ParameterCount } from "./model/parameters.js";
export { modelShape } from "./model/read-shape.js";
export type { ReadValue } from "./model/read-value.js";
export type { Candidate, Enumeration } from "./model/search/enumerate.js";
export { atlas800tA2, type Hardware } from "./model/search/hardware.js";
export type { StepTime } from "./model/search/step-time.js";
export type { ExpertShape, GroupedAttention, LatentAttention, LayerKind, ModelShape } from "./model/shape.js";
export { type ModelTensor, modelTensors, type TensorPart, type TensorSplit } from "./model/tensors.js";
export { openCheckpoint, openCheckpoints, openStrategy } from "./on-demand/checkpoint.js";
export { checkCluster, checkMachine, deleteRuns, launchRun, listRuns, openRun, resumeRun } from "./on-demand/run.js";
export type { PlanData } from "./plan/changes.js";
export type { Cluster, ClusterAccess, ResolvedCluster, SlurmOptions } from "./plan/command/cluster.js";
export type { CommandPlace, CommandSettings, NodeCommand } from "./plan/command/command.js";
export type { ClusterHost } from "./plan/command/hosts.js";
export {
  checkLauncherCall,
  formatLauncherCall,
  type LauncherCall,
  launcherCalls,
  parseLauncherCall,
} from "./plan/command/launcher.js";
export type { FaultKind, FaultTable, FaultTableName, ScriptedFault, SimulateOptions } from "./plan/command/simulate.js";
export type { PlannedTolerance, ToleranceOption } from "./plan/command/tolerance.js";
export type { Ejected, EjectedFile } from "./plan/eject/ejected.js";
export type { EjectOptions, EjectTarget } from "./plan/eject/options.js";
export type { PlanDisk } from "./plan/estimate/disk.js";
export type { PlanReliability, ReliabilityOptions } from "./plan/estimate/failures.js";
export type { PlanPipeline } from "./plan/estimate/pipeline-settings.js";
export { groupOf, type MeshAxis, placeOf, type RankPlace } from "./plan/estimate/ranks.js";
export type { FailureRate, Reliability } from "./plan/estimate/reliability.js";
export type { PlanDuration, PlanSpeed } from "./plan/estimate/speed.js";
export type { PipelineOrder } from "./plan/estimate/timeline.js";
export type { PlanChange, PlanValues } from "./plan/estimate/values.js";
export type { MeshFigureOptions } from "./plan/figures/mesh.js";
export type { Plan } from "./plan/plan.js";
export { type PlanOptions, planRun } from "./plan/plan-run.js";
export type { LayoutRow, LayoutSearch, SearchFacts } from "./plan/search/layout-search.js";
export { type SearchOptions, searchLayouts } from "./plan/search/search-layouts.js";
export type { Account } from "./recover/account/account.js";
export type { Counterfactual } from "./recover/account/counterfactual.js";
export type { Incident } from "./recover/account/incident.js";
export type { Incidents } from "./recover/account/incidents.js";
export type { Segment, SegmentKind } from "./recover/account/timeline.js";
export type { Certificate, CertificateCheck, Verdict } from "./recover/certificate/certificate.js";
export type { Action } from "./recover/decide/action.js";
export type { RecoveryOptions, RecoveryPolicy } from "./recover/decide/policy.js";
export type { DecisionTable } from "./recover/decide/table.js";
export type { Cause } from "./recover/detect/causes.js";
export type { Finding, FindingKind } from "./recover/detect/finding.js";
export type { DetectionLimits } from "./recover/detect/limits.js";
export { type ExplainedError, explainError } from "./run/cause/explain-error.js";
export type { KnownError } from "./run/cause/known-errors.js";
export { type CompareAxis, type Comparison, compareRuns } from "./run/compare.js";
export type { DeleteOptions } from "./run/delete-runs.js";
export type { DeletableRun, DoomedRun, RunDeletion } from "./run/deletion.js";
export type { LaunchOptions } from "./run/launch/launch.js";
export type { LaunchablePlan } from "./run/launch/launchable.js";
export type { ResumeOptions } from "./run/launch/resume.js";
export type { FoldedRecord } from "./run/logs/fold.js";
export type { LogFollow } from "./run/logs/follow-logs.js";
export type { LogCoverage, LogLines } from "./run/logs/log-lines.js";
export type { LogOptions } from "./run/logs/log-options.js";
export type { LogRecord, LogSource } from "./run/logs/question.js";
export type { LogLevel } from "./run/logs/scan.js";
export type { Machine, MachineCheck } from "./run/machine.js";
export type { MachineFacts } from "./run/machine-facts.js";
export type { NodeRow, NodeTable, RankStacks } from "./run/node-table.js";
export type { DeviceMetrics, NodeMetrics, NodeProcess } from "./run/nodes/node.js";
export type { CheckablePlan } from "./run/nodes/preflight/check-cluster.js";
export type { NodeCheck } from "./run/nodes/preflight/checks.js";
export type { Preflight } from "./run/nodes/preflight/preflight.js";
export type { OpenOptions, OpenRemoteOptions } from "./run/open.js";
export type { RunStatus } from "./run/read/status.js";
export type {
  DecisionEvent,
  EventBase,
  FaultCause,
  RecordedState,
  RunState,
  StepRecord,
} from "./run/record/events.js";
export type { FileIdentity, RunIdentity } from "./run/record/identity.js";
export type { ResumePoint } from "./run/record/resume-point.js";
export type { LaunchOverride, RunFile, RunParent } from "./run/record/run-file.js";
export type { Run } from "./run/run.js";
export type { SaveNowOptions } from "./run/save-now.js";
export type { StopOptions } from "./run/stop.js";
export type { WaitOptions } from "./run/wait.js";
export type { PlotName } from "./run/watch/plots.js";
export type { Watch, WatchOptions } from "./run/watch/watch.js";
export type { Figure } from "./view/charts/figure.js";
export type { LineSeries } from "./view/charts/kinds/curve.js";
export { type HistogramBin, type HistogramSpec, histogram } from "./view/charts/kinds/histogram.js";
export { type LineChartSpec, lineChart } from "./view/charts/kinds/line-chart.js";
export type { MimeBundle } from "./view/display-contract.js";
export { type Displayable, type DisplayOptions, displayKey, type Progress } from "./view/display-contract.js";
export type { ProgressSpec } from "./view/progress.js";
export { type LiveOutput, openLive, openProgress, type Showable, show } from "./view/show.js";
export type { ShownList } from "./view/shown-list.js";
