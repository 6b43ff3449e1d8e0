// pg-boss as an elector: one long job that whoever fetches it runs for as long as it leads. A silent worker loses it by
// its heartbeat; 10 s is the least that pg-boss takes. Everything else is as quick as it can be set.
import { PgBoss } from 'pg-boss';
import { obey, sayLeads } from './orders.mjs';

const queue = 'lead';
const boss = new PgBoss({
    connectionString: process.env.STAND_CONNECTION,
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
    queueCacheIntervalSeconds: 1,
    schedule: false,
});
boss.on('error', error => process.stderr.write(`${error.message}\n`));
await boss.start();
await boss.createQueue(queue, { policy: 'exclusive', retryLimit: 1000000, retryDelay: 0, expireInSeconds: 3600, heartbeatSeconds: 10 });
let end;

obey({
    async stand() {
        // One at a time: where the job is there already, nothing is sent.
        await boss.send(queue, {}, { singletonKey: 'leader' });
        await boss.work(queue, { pollingIntervalSeconds: 0.5, heartbeatRefreshSeconds: 1 }, async () => {
            sayLeads();
            await new Promise((_, reject) => { end = reject; });
        });
    },
    async resign() {
        // First no longer a worker: it would take the job again that it gives back.
        const off = boss.offWork(queue, { wait: true });
        end(new Error('resigned'));
        await off;
    },
});
