// Demand learning: which requests cost the same, what they cost, and how fast the backends really are.
export {
  BINARY_COST_REPORT_HEADER,
  COST_REPORT_HEADER,
  parseBinaryCostReport,
  parseCostReport,
} from './cost-reports/cost-report.js';
export type { CostReport, CostReportFault, GaugeField, ReportedLoad } from './cost-reports/cost-entries.js';
export { writeUtilization } from './cost-reports/reported-utilization.js';
export type { Sojourn } from './service-meter.js';
export { DemandLearner, LearningTicket, type DemandLearnerShape } from './demand-learner.js';
export type { DemandBelief, DemandModel, DemandSource } from './demand-model.js';
export { RequestClassifier, poolOfClass, type RequestTraits } from './request-classifier.js';
export { CostWitnesses } from './cost-reports/cost-witnesses.js';
export { LatencyBaseline } from './latency-baseline.js';
