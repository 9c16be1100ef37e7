export { rougeWords, type RougeScore, type RougeTokenizer } from './rouge.js'
export { rougeL } from './rouge-l.js'
export { rougeN } from './rouge-n.js'
