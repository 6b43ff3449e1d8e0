// A stand in node: the same words as in Limits/Stands. Node has no clock that others share, so the stamps are 0 and the
// benchmark measures from outside.
import { createInterface } from 'node:readline';

export const say = word => process.stdout.write(`${word}\n`);

export const sayLeads = () => say('leads 0');

export function obey({ stand, resign }) {
    const orders = createInterface({ input: process.stdin });
    orders.on('line', async order => {
        if (order === 'stand') {
            await stand();
            say('stands');
        } else if (order === 'resign') {
            say('resigning 0');
            await resign();
            say('resigned');
        }
    });
    // The benchmark is gone: nobody may be left behind.
    orders.on('close', () => process.exit(0));
    say('ready');
}
