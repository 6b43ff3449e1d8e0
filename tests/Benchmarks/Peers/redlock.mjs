// redlock as an elector: take the lock with a lease, extend it every third of that, unlock to resign; who does not get it
// tries again after redlock's own delay (200 ms and up to 100 ms more).
import Redis from 'ioredis';
import Redlock from 'redlock';
import { obey, sayLeads } from './orders.mjs';

const lease = 2000;
const redis = new Redis(process.env.STAND_CONNECTION);
const redlock = new Redlock([redis], { retryCount: -1 });
let lock;
let extending;

async function campaign() {
    lock = await redlock.lock('redlock', lease);
    sayLeads();
    extending = setInterval(async () => { lock = await lock.extend(lease); }, lease / 3);
}

obey({
    async stand() {
        campaign();
        // Its first try has come back by then.
        await redis.ping();
    },
    async resign() {
        clearInterval(extending);
        await lock.unlock();
    },
});
