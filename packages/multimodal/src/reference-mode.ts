/**
 * What MultiModN's published code does, for comparison, in one place:
 *
 *     createMultiModN({ …, ...referenceMode.model })         one missing sample takes a modality from its whole batch
 *     binaryTask(referenceMode.task)                         sigmoids that are taken for logits
 *     fitFusion({ …, ...referenceMode.training })            batches of 16 in the order of the rows; its denominator
 *
 * Source: github.com/EPFLiGHT/MultiModN, commit 9920619 (2023). Not reproduced: scaling by all rows, NaNs that reach
 * predictions, and an accuracy that counts one sample too many.
 */
export const referenceMode = {
  model: { skip: 'batch', update: 'overwrite', order: 'given' },
  task: { head: 'sigmoid-cross-entropy' },
  training: { batchSize: 16, shuffle: false, loss: { denominator: 'reference' } },
} as const
