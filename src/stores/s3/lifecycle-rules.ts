import {createHash} from 'node:crypto';
import {escapeXml} from './xml.js';

/** The tag of objects that a rule may delete. Its value is that of the rule: one for other days leaves them alone. */
export const EXPIRY_TAG = 'waybill-delete-after-days';

/** One `<Rule>` as the server has it, byte for byte: what others have set up goes back as it came. */
export interface LifecycleRule {
  readonly id: string;
  readonly xml: string;
}

/** Deletes what carries the tag, so many days after it was written, and nothing else. */
export function expiryRule(prefix: string, days: number): LifecycleRule {
  const tag = `<Tag><Key>${EXPIRY_TAG}</Key><Value>${days}</Value></Tag>`;
  return rule(
    ruleId(prefix, `delete-after-${days}-days`),
    `<And><Prefix>${escapeXml(prefix)}</Prefix>${tag}</And>`,
    `<Expiration><Days>${days}</Days></Expiration>`,
  );
}

/** Frees the parts of uploads that were begun so many days ago. S3 takes no tag in such a rule. */
export function abortRule(prefix: string, days: number): LifecycleRule {
  return rule(
    ruleId(prefix, `abort-uploads-after-${days}-days`),
    `<Prefix>${escapeXml(prefix)}</Prefix>`,
    `<AbortIncompleteMultipartUpload><DaysAfterInitiation>${days}</DaysAfterInitiation></AbortIncompleteMultipartUpload>`,
  );
}

const DIGITS_OF_PREFIX = 12;

/** Two installations in one bucket have rules of their own. */
function ruleId(prefix: string, what: string): string {
  return `waybill-${createHash('sha256').update(prefix).digest('hex').slice(0, DIGITS_OF_PREFIX)}-${what}`;
}

/** Whether `id` is that of a rule which was made for the same prefix, perhaps with other days. */
export function isOfSameInstallation(rule: LifecycleRule, id: string): boolean {
  const length = 'waybill-'.length + DIGITS_OF_PREFIX + 1;
  return id.slice(0, length) === rule.id.slice(0, length);
}

function rule(id: string, filter: string, action: string): LifecycleRule {
  return {id, xml: `<Rule><ID>${id}</ID><Filter>${filter}</Filter><Status>Enabled</Status>${action}</Rule>`};
}

/** Rules in the order of the document. */
export function rulesIn(document: string): readonly LifecycleRule[] {
  return [...document.matchAll(/<Rule>.*?<\/Rule>/gs)].map(([xml]) => ({
    xml,
    id: /<ID>([^<]*)<\/ID>/.exec(xml)?.[1] ?? '',
  }));
}

export function documentOf(rules: readonly LifecycleRule[]): string {
  return `<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${rules.map(({xml}) => xml).join('')}</LifecycleConfiguration>`;
}

/** Whether a rule of this id is there and says the same: servers put its elements into an order of their own. */
export function holdsRule(rules: readonly LifecycleRule[], wanted: LifecycleRule): boolean {
  const found = rules.find(({id}) => id === wanted.id);
  if (found === undefined) return false;
  const isSame = leavesOf(found.xml).join('\n') === leavesOf(wanted.xml).join('\n');
  return isSame;
}

/** Elements that hold text, sorted. Empty ones say nothing: MinIO writes some. */
function leavesOf(xml: string): readonly string[] {
  return [...xml.matchAll(/<(\w+)>([^<]+)<\/\1>/g)].map(([, name, text]) => `${name ?? ''}=${text ?? ''}`).sort();
}
