export { checkOrder, type OrderContract } from './check-order.js'
