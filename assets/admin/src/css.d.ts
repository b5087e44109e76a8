// A style sheet that a module brings along is a text.
declare module "*.css" {
  const text: string;
  export default text;
}
