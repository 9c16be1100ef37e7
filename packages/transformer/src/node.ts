/** What needs a file system: folders of the Hugging Face Hub, both ways. */
export type { ModelFamily } from './checkpoints/families.js'
export type { GenerationDefaults } from './checkpoints/generation-defaults.js'
export { loadPretrained, type LoadPretrainedOptions, type PretrainedModel } from './checkpoints/load-pretrained.js'
export { loadTokenizer, type PretrainedTokenizer } from './checkpoints/load-tokenizer.js'
export { loadModel, saveModel, type LoadedModel, type SaveModelOptions } from './checkpoints/model-folder.js'
export { savePretrained, type SavePretrainedOptions } from './checkpoints/save-pretrained.js'
